/** `fhirInvariants`: the invariants of an element; frequent ones of R4 as plain functions, others in FHIRPath. */
import { compileTest } from '../../fhirpath/expression.ts'
import { TooManySteps } from '../../fhirpath/steps.ts'
import { nativeInvariant, type NativeInvariant } from '../native-invariants.ts'
import type { Invariant } from '../compile/schema.ts'
import type { ValidationEngine, CheckContext } from '../check-context.ts'
import type { Violation } from '../violation.ts'
import { keyword } from './keyword.ts'

type InvariantTest = (context: CheckContext, data: never) => boolean
type PreparedInvariant = { readonly rule: Invariant; readonly native?: NativeInvariant; readonly test: InvariantTest }

export const fhirInvariants = keyword<readonly Invariant[]>(
  'fhirInvariants',
  ['object', 'string', 'number', 'boolean'],
  (rules, engine) => {
    const prepared = prepareInvariants(rules, engine)
    return (context, data: never) => {
      let found: Violation[] | undefined
      for (const one of prepared) {
        const violation = ruleViolation(one, context, data)
        if (violation) (found ??= []).push(violation)
      }
      return found
    }
  },
)

function prepareInvariants(rules: readonly Invariant[], engine: ValidationEngine): readonly PreparedInvariant[] {
  return rules.map((rule) => {
    const native = nativeInvariant(rule, engine.definitions.structures)
    return { rule, native, test: native?.test ?? lazyFhirPath(rule) }
  })
}

/** The invariants as tests, for the quick pass. They throw when an expression cannot be evaluated. */
export const invariantTests = (rules: readonly Invariant[], engine: ValidationEngine): readonly InvariantTest[] =>
  prepareInvariants(rules, engine).map((one) => one.test)

function ruleViolation(
  { rule, native, test }: PreparedInvariant,
  context: CheckContext,
  data: never,
): Violation | undefined {
  const { key, severity, human } = rule
  const detail = native?.detail ?? 'invariant'
  try {
    if (test(context, data)) return undefined
    const reason = native?.reason?.(context, data)
    return {
      detail,
      severity,
      rule: key,
      ...(native?.below ? { below: native.below(data) } : {}),
      text: `{at} breaks the rule \`${key}\`: ${human}${reason ? ` (${reason})` : ''}`,
    }
  } catch (cause) {
    if (cause instanceof TooManySteps) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    const text = `{at}: the rule \`${key}\` could not be evaluated (${reason}). It says: ${human}`
    return { detail, severity, rule: key, unsure: true, text }
  }
}

// Compiled on first use, because that loads the FHIRPath engine.
function lazyFhirPath({ expression, base }: Invariant): InvariantTest {
  let compiled: InvariantTest | undefined
  return (context, data) => (compiled ??= compileInvariant(expression, base))(context, data)
}

function compileInvariant(expression: string, base: string): InvariantTest {
  const isMet = compileTest(expression, base)
  return (context, data) => isMet(data, context)
}
