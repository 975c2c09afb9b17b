/**
 * Who retires a participant, and where links between records may lead. A link that leads on (`replaced-by`, `refer`) is
 * made only to a record that itself leads on to none, which the commit holds: so links never come back to where they
 * began, over however many records and writers.
 */
import {
  changesRetirement,
  isRetired,
  LEADS_ON,
  leadsOn,
  linksOf,
  newLinks,
  replacementOf,
  type PatientLink,
} from '../../domain/participant/retirement.ts'
import { mergedIntoOf } from '../../domain/visibility/merged-into.ts'
import { refuse, type Issue } from '../../fhir/outcome.ts'
import { keyText, type Key, type Resource } from '../../fhir/types.ts'
import type { Guard } from '../../store/store.ts'
import type { PreparedChange } from '../change.ts'
import type { PendingState } from '../pending-state.ts'
import { mayIdentify } from './identity.ts'
import type { Rule, RuleResult } from './rule.ts'

export const retirementRules: readonly Rule[] = [
  { types: ['Patient'], check: mayRetire },
  { types: ['Patient'], check: leadsOnward },
]

function mayRetire({ key, last: before, after, at }: PreparedChange, { caller }: PendingState): RuleResult {
  if (!after) return {}
  if (mergedIntoOf(before) !== undefined || mergedIntoOf(after) !== undefined) throw merged(key, after)
  if (!before || !changesRetirement(before, after) || mayIdentify(before, caller)) return {}
  throw refuse(
    'forbidden',
    `\`${keyText(key)}\` is retired, brought back or replaced by its agency of entry or by the board (\`Patient/$merge\`) alone; \`${caller.agency}\` is neither.`,
    { expression: `${at}.active` },
  )
}

const merged = (key: Key, after: Resource) =>
  refuse(
    'participant-retired',
    `\`${keyText(key)}\` is merged into \`Patient/${replacementOf(after) ?? 'another'}\` and does not change; only \`Patient/$merge\` and \`$undo-merge\` write it.`,
  )

async function leadsOnward({ key, last: before, after, at }: PreparedChange, state: PendingState): Promise<RuleResult> {
  if (!after) return {}
  const fixed = shape(key, after, at)
  if (fixed.length > 0) return { issues: fixed }
  const results = await Promise.all(newLinks(before, after).map((link) => checkTarget({ key, at }, link, state)))
  return {
    issues: results.flatMap(({ issues }) => issues ?? []),
    guards: results.flatMap(({ guards }) => guards ?? []),
  }
}

/** What is wrong with the links by themselves. */
function shape(key: Key, after: Resource, at: string): readonly Issue[] {
  const links = linksOf(after)
  const replacing = links.filter(({ type }) => type === 'replaced-by')
  return [
    ...links
      .filter(({ id }) => id === key.id)
      .map(({ index }) =>
        issue(`A participant has no link to itself; name the other record.`, `${at}.link[${index}].other`),
      ),
    ...replacing
      .filter(({ id }) => id === undefined)
      .map(({ index }) =>
        issue('A link `replaced-by` names a participant of this hub, as `Patient/<id>`.', `${at}.link[${index}].other`),
      ),
    ...replacing
      .slice(1)
      .map(({ index }) => issue('One record replaces a participant, not several.', `${at}.link[${index}]`)),
    ...(isRetired(after) ? [] : replacing.slice(0, 1)).map(({ index }) =>
      issue('A participant that is replaced is retired: set `active` to `false`.', `${at}.link[${index}]`),
    ),
  ]
}

async function checkTarget(
  { key, at }: { readonly key: Key; readonly at: string },
  { type, id, index }: PatientLink,
  state: PendingState,
): Promise<RuleResult> {
  if (id === undefined || ![...LEADS_ON, 'replaces'].includes(type)) return {}
  const other: Key = { type: 'Patient', id }
  const target = await state.read(other)
  if (!target) return {} // refused by the reference check
  const expression = `${at}.link[${index}].other`
  if (type === 'replaces') {
    if (replacementOf(target) === key.id) return {}
    const text = `\`${keyText(other)}\` is not replaced by \`${keyText(key)}\`: it has no link \`replaced-by\` to it. \`Patient/$merge\` makes both links.`
    return { issues: [issue(text, expression)] }
  }
  if (isRetired(target) || leadsOn(target)) {
    const text = `\`${keyText(other)}\` is retired or leads on to another record itself; name the record that is in use.`
    return { issues: [issue(text, expression)] }
  }
  return { guards: unchanged(other, target, state) }
}

/** The commit holds the record at this version; one that it writes has a condition of its own. */
function unchanged(key: Key, resource: Resource, { changes }: PendingState): readonly Guard[] {
  if (changes.some((one) => keyText(one.key) === keyText(key))) return []
  return [{ key, expect: { version: [Number(resource.meta?.versionId)] } }]
}

const issue = (text: string, expression: string): Issue => ({
  severity: 'error',
  detail: 'value-conflict',
  text,
  expression,
})
