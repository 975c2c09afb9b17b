/** `fhirBinding`: coded values against value sets. https://hl7.org/fhir/R4/terminologies.html#strength */
import type { Bound } from '../compile/schema.ts'
import { suggestion } from '../did-you-mean.ts'
import type { Violation } from '../violation.ts'
import type { CheckContext } from '../check-context.ts'
import type { Verdict } from '../../terminology/code-system.ts'
import { hintsOf, type Sent } from '../../terminology/hint.ts'
import type { Membership } from '../../terminology/value-set.ts'
import { keyword } from './keyword.ts'

type Ready = Bound & { readonly check: Membership; readonly hint: (sent: Sent) => string }
type Coding = { readonly system?: unknown; readonly code?: unknown }
type Coded = string | Coding | { readonly coding?: unknown }

export const fhirBinding = keyword<readonly Bound[]>('fhirBinding', ['string', 'object'], (bindings, engine) => {
  // A bare code that was once found in its value set is there again: the set of a definition does not change.
  const known = new Set<string>()
  const ready = bindings.map((binding): Ready => ({
    ...binding,
    check: engine.terminology.membership(binding.valueSet),
    hint: hintsOf(binding.valueSet, engine.terminology),
  }))
  return (context, data: Coded) => {
    if (typeof data === 'string' && known.has(data)) return undefined
    let found: Violation[] | undefined
    for (const binding of ready) {
      const violation = bindingViolation(data, binding, context)
      if (violation) (found ??= []).push(violation)
    }
    if (!found && typeof data === 'string' && known.size < 1000) known.add(data)
    return found
  }
})

function bindingViolation(data: Coded, binding: Ready, context: CheckContext): Violation | undefined {
  if (typeof data === 'string') return codeViolation(data, binding, context)
  const codings = codingsOf(data)
  // What is no system at all is told where it stands.
  if (codings.some(({ system }) => system !== undefined && typeof system !== 'string')) return undefined
  if (codings.length === 0) return binding.strength === 'required' && !hasExtension(data) ? noCode(binding) : undefined
  let verdict: Verdict = 'out'
  for (const { system, code } of codings) {
    // A coding without a system names no code of any system.
    const one = system === undefined ? 'out' : binding.check(system, code)
    if (one === 'in') return undefined
    if (one === 'unknown') verdict = 'unknown'
  }
  const shown = codings.map(({ system, code }) => `\`${system ?? ''}|${code}\``).join(', ')
  if (verdict === 'unknown') return binding.most ? undefined : unchecked(shown, binding)
  return outside(shown, codings[0] ?? { code: '' }, binding, context)
}

function codeViolation(code: string, binding: Ready, context: CheckContext): Violation | undefined {
  const verdict = binding.check(undefined, code)
  if (verdict === 'in') return undefined
  if (verdict === 'unknown') return binding.most ? undefined : unchecked(`\`${code}\``, binding)
  return outside(`\`${code}\``, { code }, binding, context)
}

function codingsOf(data: Exclude<Coded, string>): readonly Sent[] {
  const list: readonly unknown[] = 'coding' in data ? (Array.isArray(data.coding) ? data.coding : []) : [data]
  return list.filter((one): one is Sent => typeof (one as Coding | null)?.code === 'string')
}

const hasExtension = (data: object): boolean => 'extension' in data

function noCode({ valueSet }: Bound): Violation {
  return {
    detail: 'code-invalid',
    text: `{at} has no code. A code of the value set \`${bare(valueSet)}\` is required.`,
  }
}

function unchecked(shown: string, { valueSet, strength }: Bound): Violation {
  return {
    detail: 'code-unchecked',
    severity: strength === 'required' ? 'warning' : 'information',
    text: `{at} is ${shown}; it could not be checked against \`${bare(valueSet)}\`, because a code system or value set that tells is not at hand.`,
  }
}

function outside(shown: string, sent: Sent, { strength, valueSet, hint }: Ready, context: CheckContext): Violation {
  const required = strength === 'required'
  return {
    detail: required ? 'code-invalid' : 'code-unexpected',
    severity: required ? 'error' : 'warning',
    text: `{at} is ${shown}, which is not in the ${strength} value set \`${bare(valueSet)}\`.${suggestion(context, () => hint(sent))}`,
  }
}

const bare = (canonical: string): string => canonical.split('|')[0] ?? canonical
