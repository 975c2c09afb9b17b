/** Who may write a record, and what in it never changes: capability/rules/writing.json. */
import { keyText, type Resource } from '../../../fhir/types.ts'
import { refuse, type Issue } from '../../../fhir/outcome.ts'
import { idsAt, valuesAt } from '../../../domain/visibility/element.ts'
import type { Changed, Rule, Scene } from '../change.ts'
import type { WriteNeeds } from '../needs.ts'

export const ownershipRules: readonly Rule[] = [
  { types: ['*'], check: mayWrite },
  { types: ['*'], check: namesCaller },
  { types: ['*'], check: namesParticipant },
  { types: ['*'], check: keepsImmutable },
  { types: ['*'], check: keepsParticipant },
]

function mayWrite({ key, before, after, stored }: Changed, { caller }: Scene, { writing }: WriteNeeds) {
  if (!stored || !(before ?? after) || caller.role !== 'agency') return {}
  if (!after && writing.kept.includes(key.type)) {
    throw refuse(
      'forbidden',
      `\`${keyText(key)}\` cannot be deleted: every referral stays traceable. Set its status to \`entered-in-error\` instead.`,
    )
  }
  if (stored.owner === caller.agency || (before && after && writing.shared.includes(key.type))) return {}
  throw refuse(
    'forbidden',
    `\`${keyText(key)}\` was written by another agency, which alone may change it; \`${caller.agency}\` may read it.`,
  )
}

function namesCaller({ key, before, after, at }: Changed, { caller }: Scene, { writing }: WriteNeeds) {
  const element = writing.namesCaller[key.type]
  if (!element || before || !after || caller.role !== 'agency') return {}
  const named = idsAt(after, element, 'Organization')[0]
  if (named === undefined || named === caller.agency) return {}
  const text = `\`${key.type}.${element}\` is \`Organization/${named}\`; an agency creates it in its own name, so it must be \`Organization/${caller.agency}\`.`
  return { issues: [issue('agency-not-yours', text, `${at}.${element}`)] }
}

/** Who may know of a record is decided by its participant: it must be one of the hub's. */
function namesParticipant({ key, after, at }: Changed, _: Scene, { visibility }: WriteNeeds) {
  const element = visibility.participant[key.type]
  if (!after || element === undefined || element === 'self') return {}
  const named = valuesAt(after, element)
  if (named.length === 0 || idsAt(after, element, 'Patient').length === 1) return {}
  const text = `\`${key.type}.${element}\` must refer to a participant of this hub, as \`Patient/<id>\`; an address elsewhere names nobody here.`
  return { issues: [issue('reference-not-found', text, `${at}.${element}`)] }
}

function keepsImmutable({ key, last: before, after, at }: Changed, { caller }: Scene, { writing }: WriteNeeds) {
  if (!before || !after || caller.role === 'board') return {}
  const changed = (writing.immutable[key.type] ?? []).filter(
    (element) => text(before, element) !== text(after, element),
  )
  return {
    issues: changed.map((element) =>
      issue('element-immutable', `\`${key.type}.${element}\` cannot change after creation.`, `${at}.${element}`),
    ),
  }
}

/** A record stays about the participant it was created for: otherwise its history would tell one about the other. */
function keepsParticipant({ key, last: before, after, at }: Changed, _: Scene, { visibility }: WriteNeeds) {
  const element = visibility.participant[key.type]
  if (!before || !after || element === undefined || element === 'self') return {}
  if (idsAt(before, element, 'Patient')[0] === idsAt(after, element, 'Patient')[0]) return {}
  return {
    issues: [
      issue(
        'element-immutable',
        `\`${key.type}.${element}\` names the participant and cannot change; create a new record.`,
        `${at}.${element}`,
      ),
    ],
  }
}

const text = (resource: Resource, element: string): string => JSON.stringify(valuesAt(resource, element))

const issue = (code: Issue['code'], text: string, expression: string): Issue => ({
  severity: 'error',
  code,
  text,
  expression,
})
