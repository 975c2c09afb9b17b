/** `fhirBinding`: coded values against value sets. https://hl7.org/fhir/R4/terminologies.html#strength */
import { nearest } from '../../fhir/nearest.ts'
import type { Bound } from '../compile/schema.ts'
import type { Engine, Fault } from '../run.ts'
import type { Verdict } from '../terminology/code-system.ts'
import type { Membership } from '../terminology/value-set.ts'
import { keyword } from './keyword.ts'

type Ready = Bound & { readonly check: Membership }
type Coding = { readonly system?: unknown; readonly code?: unknown }
type Coded = string | Coding | { readonly coding?: unknown }

export const fhirBinding = keyword<readonly Bound[]>('fhirBinding', ['string', 'object'], (bindings, engine) => {
  // A bare code that was once found in its value set is there again: the set of a definition does not change.
  const known = new Set<string>()
  const ready = bindings.map((binding): Ready => ({
    ...binding,
    check: engine.terminology.membership(binding.valueSet),
  }))
  return (_run, data: Coded) => {
    if (typeof data === 'string' && known.has(data)) return undefined
    let found: Fault[] | undefined
    for (const binding of ready) {
      const fault = bindingFault(data, binding, engine)
      if (fault) (found ??= []).push(fault)
    }
    if (!found && typeof data === 'string' && known.size < 1000) known.add(data)
    return found
  }
})

function bindingFault(data: Coded, binding: Ready, engine: Engine): Fault | undefined {
  if (typeof data === 'string') return codeFault(data, binding, engine)
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
  return outside(shown, codings[0]?.code ?? '', binding, engine)
}

function codeFault(code: string, binding: Ready, engine: Engine): Fault | undefined {
  const verdict = binding.check(undefined, code)
  if (verdict === 'in') return undefined
  if (verdict === 'unknown') return binding.most ? undefined : unchecked(`\`${code}\``, binding)
  return outside(`\`${code}\``, code, binding, engine)
}

function codingsOf(data: Exclude<Coded, string>): readonly { system?: string; code: string }[] {
  const list: readonly unknown[] = 'coding' in data ? (Array.isArray(data.coding) ? data.coding : []) : [data]
  return list.filter(
    (one): one is { system?: string; code: string } => typeof (one as Coding | null)?.code === 'string',
  )
}

const hasExtension = (data: object): boolean => 'extension' in data

function noCode({ valueSet }: Bound): Fault {
  return { code: 'code-invalid', text: `{at} has no code. A code of the value set \`${bare(valueSet)}\` is required.` }
}

function unchecked(shown: string, { valueSet, strength }: Bound): Fault {
  return {
    code: 'code-unchecked',
    severity: strength === 'required' ? 'warning' : 'information',
    text: `{at} is ${shown}; it could not be checked against \`${bare(valueSet)}\`, because a code system or value set that tells is not at hand.`,
  }
}

function outside(shown: string, code: string, binding: Bound, engine: Engine): Fault {
  const few = engine.terminology.list(binding.valueSet, 12)
  const guess = nearest(code, engine.terminology.list(binding.valueSet, 5000) ?? [])
  const hint = guess ? ` Did you mean \`${guess}\`?` : ''
  const allowed = few ? ` It allows ${few.map((one) => `\`${one}\``).join(', ')}.` : ''
  const required = binding.strength === 'required'
  return {
    code: required ? 'code-invalid' : 'code-unexpected',
    severity: required ? 'error' : 'warning',
    text: `{at} is ${shown}, which is not in the ${binding.strength} value set \`${bare(binding.valueSet)}\`.${hint}${allowed}`,
  }
}

const bare = (canonical: string): string => canonical.split('|')[0] ?? canonical
