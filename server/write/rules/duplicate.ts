/**
 * A participant has a voucher of one kind, or a participation in one program, once at a time. A duplicate of a record that
 * the caller may know is refused, unless the new one says why; a duplicate of another one is reported to the board alone.
 */
import { isDuplicate, onceAtATime, reasonOf, type OnceAtATime } from '../../domain/duplicate/duplicates.ts'
import { participantOf } from '../../domain/visibility/audience.ts'
import { classesOf } from '../../domain/visibility/labels.ts'
import { refuse } from '../../fhir/outcome.ts'
import { keyText, type Resource } from '../../fhir/types.ts'
import type { StoredResource } from '../../records/resource.ts'
import { aboutParticipant, type Filter } from '../../search/query.ts'
import type { PreparedChange } from '../change.ts'
import { noOther } from '../circle-guards.ts'
import type { PendingState } from '../pending-state.ts'
import type { RuleTables } from '../rule-tables.ts'
import type { Rule, RuleResult } from './rule.ts'

type DuplicateTables = Pick<RuleTables, 'duplicates' | 'range' | 'visibility' | 'reportToBoard'>

export const duplicateRules = (tables: DuplicateTables): readonly Rule[] => [
  {
    types: tables.duplicates.rules.map(({ type }) => type),
    check: (change, state) => checkDuplicate(tables, change, state),
  },
]

async function checkDuplicate(
  tables: DuplicateTables,
  { key, before, after, at }: PreparedChange,
  state: PendingState,
): Promise<RuleResult> {
  const { duplicates, range, visibility } = tables
  const read = (resource: Resource): OnceAtATime | undefined =>
    onceAtATime(duplicates, resource, (system) => state.definitions.find(system))
  const one = after && read(after)
  const earlier = before && read(before)
  const participant = after && participantOf(visibility, after)
  if (!one || participant === undefined || isSame(earlier, one)) return {}
  const where = alike(one, participant)
  const stored = await state.unrestricted.list(key.type, where)
  const pending = new Set(state.changes.map((change) => keyText(change.key)))
  const others = [...stored.filter((other) => !pending.has(nameOf(other))), ...state.coming(key.type, where)]
  const found = others.filter((other) => {
    const theirs = nameOf(other) === keyText(key) ? undefined : read(other)
    if (theirs === undefined || !isDuplicate(one, theirs, range)) return false
    // One that it was already is brought to its end, for example.
    return earlier === undefined || !isDuplicate(earlier, theirs, range)
  }) as readonly StoredResource[]
  const guards = [
    ...stored.filter((other) => !pending.has(nameOf(other))).map(unchanged),
    noOther(key.type, where, [...stored.map(({ resourceType, id }) => ({ type: resourceType, id })), ...keysOf(state)]),
  ]
  if (found.length === 0 || reasonOf(duplicates, after) !== undefined) return { guards }
  for (const other of found)
    if (await state.read({ type: key.type, id: other.id })) throw duplicate(one, nameOf(other), { at, tables })
  // A restricted record is not for the board either.
  const reported = found.filter((other) => classesOf(other).length === 0)
  return { guards, writes: reported.map((other) => report(tables, { key, one, other, participant }, state)) }
}

const keysOf = ({ changes }: PendingState) => changes.map(({ key }) => key)
const nameOf = ({ resourceType, id }: Resource): string => `${resourceType}/${String(id)}`
const unchanged = ({ resourceType, id, meta }: StoredResource) => ({
  key: { type: resourceType, id },
  expect: { version: [Number(meta?.versionId)] },
})

/** Records of the participant with the same code. */
const alike = ({ rule, code }: OnceAtATime, participant: string): Filter => ({
  op: 'and',
  of: [aboutParticipant(participant), { op: 'token', param: rule.param, system: rule.system, code }],
})

/** A change of other elements makes no duplicate. */
const isSame = (before: OnceAtATime | undefined, after: OnceAtATime): boolean =>
  before !== undefined &&
  [before.code, before.start, before.end, ...before.agencies].join() ===
    [after.code, after.start, after.end, ...after.agencies].join()

const duplicate = (
  { rule, code }: OnceAtATime,
  other: string,
  { at, tables }: { readonly at: string; readonly tables: DuplicateTables },
) =>
  refuse(
    'duplicate-service',
    `\`${other}\` is the same ${rule.name} \`${code}\` for the same time. Use that record; or, where the participant needs both, say why in the extension \`${tables.duplicates.reason}\`.`,
    { expression: `${at}.${rule.code.split('.')[0] ?? ''}` },
  )

type Duplicate = {
  readonly key: PreparedChange['key']
  readonly one: OnceAtATime
  readonly other: Resource
  readonly participant: string
}

const report = (
  { reportToBoard }: DuplicateTables,
  { key, one: { rule, code }, other, participant }: Duplicate,
  { caller, now }: PendingState,
) =>
  reportToBoard(
    { caller, now },
    {
      subtype: 'duplicate-service',
      outcome: '0',
      text: `\`${keyText(key)}\` is the same ${rule.name} \`${code}\` for the same time as \`${nameOf(other)}\`, of which its writer may not know.`,
      participants: [participant],
    },
  )
