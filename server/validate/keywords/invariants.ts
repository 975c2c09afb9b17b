/** `fhirInvariants`: rules; the frequent ones of the base as plain functions, the others by FHIRPath. */
import { compileTest } from '../../fhirpath/expression.ts'
import { nativeInvariant, type NativeInvariant } from '../native-invariants.ts'
import type { Invariant } from '../compile/schema.ts'
import type { ValidationEngine, CheckContext } from '../check-context.ts'
import type { Violation } from '../violation.ts'
import { keyword } from './keyword.ts'

type Test = (context: CheckContext, data: never) => boolean
type Ready = { readonly rule: Invariant; readonly native?: NativeInvariant; readonly test: Test }

export const fhirInvariants = keyword<readonly Invariant[]>(
  'fhirInvariants',
  ['object', 'string', 'number', 'boolean'],
  (rules, engine) => {
    const ready = readyRules(rules, engine)
    return (context, data: never) => {
      let found: Violation[] | undefined
      for (const one of ready) {
        const violation = ruleViolation(one, context, data)
        if (violation) (found ??= []).push(violation)
      }
      return found
    }
  },
)

function readyRules(rules: readonly Invariant[], engine: ValidationEngine): readonly Ready[] {
  return rules.map((rule) => {
    const native = nativeInvariant(rule, engine.definitions.structures)
    return { rule, native, test: native?.test ?? byPath(rule) }
  })
}

/** The rules as mere tests, for the quick pass. They throw for what cannot be evaluated. */
export const ruleTests = (rules: readonly Invariant[], engine: ValidationEngine): readonly Test[] =>
  readyRules(rules, engine).map((one) => one.test)

function ruleViolation({ rule, native, test }: Ready, context: CheckContext, data: never): Violation | undefined {
  const { key, severity, human } = rule
  const detail = native?.detail ?? 'invariant'
  try {
    if (test(context, data)) return undefined
    const why = native?.reason?.(context, data)
    return {
      detail,
      severity,
      rule: key,
      ...(native?.below ? { below: native.below(data) } : {}),
      text: `{at} breaks the rule \`${key}\`: ${human}${why ? ` (${why})` : ''}`,
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const text = `{at}: the rule \`${key}\` could not be evaluated (${why}). It says: ${human}`
    return { detail, severity, rule: key, unsure: true, text }
  }
}

// Compiled when first needed: the FHIRPath engine is not loaded before.
function byPath({ expression, base }: Invariant): Test {
  let compiled: Test | undefined
  return (context, data) => (compiled ??= test(expression, base))(context, data)
}

function test(expression: string, base: string): Test {
  const isMet = compileTest(expression, base)
  return (context, data) => isMet(data, context)
}
