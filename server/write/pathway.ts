/**
 * The pathway of a participant follows the records (domain/participant/pathway.ts holds the rule): whoever writes the
 * participant, a credential, a plan or an assessment changes it in the same commit.
 */
import { keyText, type Key, type Resource } from '../fhir/types.ts'
import { codeSystem } from '../fhir/canonical.ts'
import { codesOf, items } from '../fhir/element.ts'
import { pathwayOf, withPathway } from '../domain/participant/pathway.ts'
import { isSuccessPlan } from '../domain/plan/rules.ts'
import { classesOf, participantOf } from '../domain/visibility/audience.ts'
import { PARTICIPANT, type Filter } from '../search/query.ts'
import type { PreparedChange, PendingState, WriteContext } from './change.ts'
import type { WriteNeeds } from './needs.ts'
import { pendingState } from './pending-state.ts'

const SOURCES = ['Patient', 'Basic', 'CarePlan', 'QuestionnaireResponse']

/** The changes with the pathways that follow from them; a participant that is not among them joins when its own moves. */
export async function withPathways(
  needs: WriteNeeds,
  writer: WriteContext,
  changes: readonly PreparedChange[],
): Promise<readonly PreparedChange[]> {
  if (needs.rules === 'open') return changes
  const scene = pendingState(needs, writer, changes)
  const touched = changes.filter((one) => SOURCES.includes(one.key.type))
  const ids = new Set(touched.flatMap((one) => participantIn(needs, one.after ?? one.before)))
  const moved = await Promise.all([...ids].map((id) => movedPatient(needs, scene, id, touched)))
  const byKey = new Map(moved.flatMap((one) => (one ? [[keyText(one.key), one]] : [])))
  const kept = changes.map((one) => byKey.get(keyText(one.key)) ?? one)
  return [
    ...kept,
    ...[...byKey.values()].filter((one) => !changes.some((other) => keyText(other.key) === keyText(one.key))),
  ]
}

const participantIn = (needs: WriteNeeds, resource: Resource | undefined): readonly string[] => {
  const id = resource && participantOf(needs.visibility, resource)
  return id === undefined ? [] : [id]
}

/** The participant with its pathway, when that is another one than before. */
async function movedPatient(
  needs: WriteNeeds,
  scene: PendingState,
  id: string,
  touched: readonly PreparedChange[],
): Promise<PreparedChange | undefined> {
  const key: Key = { type: 'Patient', id }
  const own = scene.changes.find((one) => keyText(one.key) === keyText(key))
  const patient = (own ? own.after : await scene.read(key)) as (Resource & { readonly id: string }) | undefined
  if (!patient) return undefined
  const after = withPathway(patient, pathwayOf({ patient, ...(await sourcesOf(scene, id, own)) }))
  if (after === patient) return undefined
  if (own) return { ...own, after }
  const stored = await needs.store.read(key, scene.viewer)
  const at = touched[0]?.at ?? 'Patient'
  return {
    change: { kind: 'put', create: false, resource: after, at, derived: true },
    key,
    at,
    stored,
    before: patient,
    last: patient,
    after: authored(after, scene),
  }
}

const authored = <T extends Resource>(resource: T, { caller }: PendingState): T => ({
  ...resource,
  meta: { ...resource.meta, source: `Organization/${caller.agency}` },
})

async function sourcesOf(scene: PendingState, id: string, own: PreparedChange | undefined) {
  const [basics = [], plans = [], responses = []] = await Promise.all(
    ['Basic', 'CarePlan', 'QuestionnaireResponse'].map((type) => recordsOf(scene, type, id, own)),
  )
  const credentials = basics.filter((one) =>
    codesOf(one.code, codeSystem('basic-type')).includes('participant-credential'),
  )
  const success = plans.filter(isSuccessPlan)
  const plan = success.find((one) => one.status === 'active') ?? success.findLast((one) => one.status === 'draft')
  return { credentials, plan, saysDiploma: diplomaIn(responses) }
}

/**
 * Unrestricted records only: everybody of the circle sees the pathway, and it must not tell more than they may know.
 * Of a participant that is new there are only those that come with it.
 */
async function recordsOf(
  scene: PendingState,
  type: string,
  id: string,
  own: PreparedChange | undefined,
): Promise<readonly Resource[]> {
  const where: Filter = { op: 'reference', param: PARTICIPANT, type: 'Patient', id }
  const isNew = own !== undefined && own.stored === undefined
  const found = isNew ? scene.coming(type, where) : await scene.find(type, where)
  return found.filter((one) => classesOf(one).length === 0)
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
