/**
 * The pathway of a participant follows the records (domain/participant/pathway.ts holds the rule): a write of the
 * participant, a credential, a plan or an assessment changes it in the same commit.
 */
import { codeSystem } from '../fhir/canonical.ts'
import { codesOf, items } from '../fhir/element.ts'
import { keyText, type Key, type Resource } from '../fhir/types.ts'
import { isPathwayKept, pathwayOf, withPathway, withPathwayOf } from '../domain/participant/pathway.ts'
import { isSuccessPlan } from '../domain/plan/rules.ts'
import { participantOf } from '../domain/visibility/audience.ts'
import { classesOf } from '../domain/visibility/labels.ts'
import type { VisibilityRule } from '../domain/visibility/rule.ts'
import { aboutParticipant, type Filter } from '../search/query.ts'
import type { PreparedChange } from './change.ts'
import type { PendingState } from './pending-state.ts'

const RECORDS = ['Basic', 'CarePlan', 'QuestionnaireResponse']
const SOURCES = ['Patient', ...RECORDS]

/** May the change move the pathway of a participant? */
export const movesPathway = ({ key }: PreparedChange): boolean => SOURCES.includes(key.type)

/** The changes with the pathways that follow from them; a participant that is not among them is added when its own moves. */
export async function withPathways(
  visibility: VisibilityRule,
  state: PendingState,
): Promise<readonly PreparedChange[]> {
  const { changes } = state
  const touched = changes.filter(movesPathway)
  const ids = new Set(touched.flatMap((one) => participantIn(visibility, one.after ?? one.before)))
  const moved = await Promise.all([...ids].map((id) => movedPatient(visibility, state, id, touched)))
  const byKey = new Map(moved.flatMap((one) => (one ? [[keyText(one.key), one]] : [])))
  const kept = changes.map((one) => byKey.get(keyText(one.key)) ?? one)
  return [
    ...kept,
    ...[...byKey.values()].filter((one) => !changes.some((other) => keyText(other.key) === keyText(one.key))),
  ]
}

const participantIn = (visibility: VisibilityRule, resource: Resource | undefined): readonly string[] => {
  const id = resource && participantOf(visibility, resource)
  return id === undefined ? [] : [id]
}

/** The participant with its pathway, when that differs from the one before. */
async function movedPatient(
  visibility: VisibilityRule,
  state: PendingState,
  id: string,
  touched: readonly PreparedChange[],
): Promise<PreparedChange | undefined> {
  const key: Key = { type: 'Patient', id }
  const own = state.changes.find((one) => keyText(one.key) === keyText(key))
  const patient = (own ? own.after : await state.read(key)) as (Resource & { readonly id: string }) | undefined
  if (!patient) return undefined
  const after = await withNewPathway(patient, { visibility, state, id, own, touched })
  if (after === patient) return undefined
  if (own) return { ...own, after }
  const at = touched[0]?.at ?? 'Patient'
  return {
    change: { kind: 'put', create: false, resource: after, at, derived: true },
    key,
    at,
    stored: await state.view.read(key),
    before: patient,
    last: patient,
    after: authored(after, state),
  }
}

type Participant = {
  readonly visibility: VisibilityRule
  readonly state: PendingState
  readonly id: string
  readonly own: PreparedChange | undefined
  readonly touched: readonly PreparedChange[]
}

/** An update that changes neither the education level nor a record that counts leaves the pathway as it was. */
async function withNewPathway<T extends Resource>(
  patient: T,
  { visibility, state, id, own, touched }: Participant,
): Promise<T> {
  const isAlone = !touched.some(
    (one) =>
      one !== own && [one.before, one.after].some((resource) => participantIn(visibility, resource).includes(id)),
  )
  if (own?.before && isAlone && isPathwayKept(own.before, patient)) return withPathwayOf(patient, own.before)
  return withPathway(patient, pathwayOf({ patient, ...(await sourcesOf(state, id, own)) }))
}

const authored = <T extends Resource>(resource: T, { caller }: PendingState): T => ({
  ...resource,
  meta: { ...resource.meta, source: `Organization/${caller.agency}` },
})

async function sourcesOf(state: PendingState, id: string, own: PreparedChange | undefined) {
  const [basics = [], plans = [], responses = []] = await recordsOf(state, id, own)
  const credentials = basics.filter((one) =>
    codesOf(one.code, codeSystem('basic-type')).includes('participant-credential'),
  )
  const success = plans.filter(isSuccessPlan)
  const plan = success.find((one) => one.status === 'active') ?? success.findLast((one) => one.status === 'draft')
  return { credentials, plan, saysDiploma: diplomaIn(responses) }
}

/**
 * Unrestricted records only: the whole circle sees the pathway, and it must not disclose more than they may know. Of a
 * participant that is new there are only those that come with it.
 */
async function recordsOf(
  state: PendingState,
  id: string,
  own: PreparedChange | undefined,
): Promise<readonly (readonly Resource[])[]> {
  const where: Filter = aboutParticipant(id)
  const isNew = own !== undefined && own.stored === undefined
  const found = isNew ? RECORDS.map((type) => state.coming(type, where)) : await state.findEach(RECORDS, where)
  return found.map((records) => records.filter((one) => classesOf(one).length === 0))
}

/** Question 1 of the latest completed assessment. */
function diplomaIn(responses: readonly Resource[]): boolean | undefined {
  const latest = responses
    .filter((one) => one.status === 'completed' || one.status === 'amended')
    .sort((a, b) => Date.parse(String(a.authored)) - Date.parse(String(b.authored)))
    .at(-1)
  const answer = items(items(latest?.item).find((one) => one.linkId === 'q1')?.answer)[0]?.valueBoolean
  return typeof answer === 'boolean' ? answer : undefined
}
