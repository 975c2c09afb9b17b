/** `fhirBinding`: coded values against value sets. https://hl7.org/fhir/R4/terminologies.html#strength */
import { ROOT } from '../../fhir/canonical.ts'
import type { ValueSetBinding } from '../compile/schema.ts'
import { suggestion } from '../did-you-mean.ts'
import type { Violation } from '../violation.ts'
import type { CheckContext, ValidationEngine } from '../check-context.ts'
import type { CodeMembership } from '../../terminology/code-system.ts'
import { suggestionsFor, type SentCode } from '../../terminology/suggestions.ts'
import type { MembershipTest } from '../../terminology/value-set.ts'
import type { UncheckedCoding } from '../unchecked.ts'
import { keyword } from './keyword.ts'

type PreparedBinding = ValueSetBinding & {
  readonly check: MembershipTest
  readonly hint: (coding: SentCode) => string
  /** Is it a code that need not be in the value set, because the hub's own profiles prescribe it? */
  readonly isPrescribed: (coding: SentCode) => boolean
}
type CodedValue = string | UncheckedCoding | { readonly coding?: unknown }

export const fhirBinding = keyword<readonly ValueSetBinding[]>(
  'fhirBinding',
  ['string', 'object'],
  (bindings, engine) => {
    // Codes that were found in their value set: the definitions of an engine do not change.
    const cachedCodes = new Set<string>()
    const prepared = bindings.map((binding): PreparedBinding => ({
      ...binding,
      check: engine.terminology.membership(binding.valueSet),
      hint: suggestionsFor(binding.valueSet, engine.terminology),
      isPrescribed: prescribedCodes(binding, engine),
    }))
    return (context, data: CodedValue) => {
      if (typeof data === 'string' && cachedCodes.has(data)) return undefined
      let found: Violation[] | undefined
      for (const binding of prepared) {
        const violation = bindingViolation(data, binding, context)
        if (violation) (found ??= []).push(violation)
      }
      if (!found && typeof data === 'string' && cachedCodes.size < 1000) cachedCodes.add(data)
      return found
    }
  },
)

function bindingViolation(data: CodedValue, binding: PreparedBinding, context: CheckContext): Violation | undefined {
  if (typeof data === 'string') return codeViolation(data, binding, context)
  const codings = codingsOf(data)
  // A system that is no text is an issue of the type.
  if (codings.some(({ system }) => system !== undefined && typeof system !== 'string')) return undefined
  if (codings.length === 0) return binding.strength === 'required' && !hasExtension(data) ? noCode(binding) : undefined
  let membership: CodeMembership = 'out'
  for (const { system, code } of codings) {
    // A coding without system is in no value set.
    const one = system === undefined ? 'out' : binding.check(system, code)
    if (one === 'in') return undefined
    if (one === 'unknown') membership = 'unknown'
  }
  const shown = codings.map(({ system, code }) => `\`${system ?? ''}|${code}\``).join(', ')
  if (membership === 'unknown') return binding.most ? undefined : notChecked(shown, binding)
  if (codings.some(binding.isPrescribed)) return undefined
  return notInValueSet(shown, codings[0] ?? { code: '' }, binding, context)
}

function codeViolation(code: string, binding: PreparedBinding, context: CheckContext): Violation | undefined {
  const membership = binding.check(undefined, code)
  if (membership === 'in') return undefined
  if (membership === 'unknown') return binding.most ? undefined : notChecked(`\`${code}\``, binding)
  return notInValueSet(`\`${code}\``, { code }, binding, context)
}

/**
 * A code of the hub's own code systems where R4 recommends another value set: the hub's profiles prescribe it, because
 * none of R4's codes applies. "If the concept is not in the value set, an alternate code may be used":
 * https://hl7.org/fhir/R4/terminologies.html#extensible
 */
function prescribedCodes({ strength, valueSet }: ValueSetBinding, { terminology }: ValidationEngine) {
  if (strength === 'required' || valueSet.startsWith(`${ROOT}/`)) return () => false
  return ({ system, code }: SentCode): boolean =>
    typeof system === 'string' &&
    system.startsWith(`${ROOT}/CodeSystem/`) &&
    terminology.checkSystem(system, code) === 'in'
}

function codingsOf(data: Exclude<CodedValue, string>): readonly SentCode[] {
  const list: readonly unknown[] = 'coding' in data ? (Array.isArray(data.coding) ? data.coding : []) : [data]
  return list.filter((one): one is SentCode => typeof (one as UncheckedCoding | null)?.code === 'string')
}

const hasExtension = (data: object): boolean => 'extension' in data

function noCode({ valueSet }: ValueSetBinding): Violation {
  return {
    detail: 'code-invalid',
    text: `{at} has no code. A code of the value set \`${bare(valueSet)}\` is required.`,
  }
}

function notChecked(shown: string, { valueSet, strength }: ValueSetBinding): Violation {
  return {
    detail: 'code-unchecked',
    severity: strength === 'required' ? 'warning' : 'information',
    text: `{at} is ${shown}; it could not be checked against \`${bare(valueSet)}\`, because a code system or value set that it needs is not available.`,
  }
}

function notInValueSet(
  shown: string,
  coding: SentCode,
  { strength, valueSet, hint }: PreparedBinding,
  context: CheckContext,
): Violation {
  const required = strength === 'required'
  return {
    detail: required ? 'code-invalid' : 'code-unexpected',
    severity: required ? 'error' : 'warning',
    text: `{at} is ${shown}, which is not in the ${strength} value set \`${bare(valueSet)}\`.${suggestion(context, () => hint(coding))}`,
  }
}

const bare = (canonical: string): string => canonical.split('|')[0] ?? canonical
