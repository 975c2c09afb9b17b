/** The pathway of a participant as the records now say it (domain/participant/pathway.ts holds the rule). */
import { codesOf, items } from '../../fhir/element.ts'
import type { Resource } from '../../fhir/types.ts'
import { pathwayOf, type Pathway } from '../../domain/participant/pathway.ts'
import { classesOf } from '../../domain/visibility/audience.ts'
import { isSuccessPlan } from '../../domain/plan/rules.ts'
import { codeSystem } from '../../fhir/canonical.ts'
import { PARTICIPANT, type Filter, type Sight } from '../../search/query.ts'
import type { WriteNeeds } from './needs.ts'

const ENOUGH = 1000

export async function pathwayNow(
  needs: WriteNeeds,
  sight: Sight,
  patient: Resource & { readonly id?: string },
): Promise<Pathway | undefined> {
  const [basics, plans, responses] = await Promise.all(
    ['Basic', 'CarePlan', 'QuestionnaireResponse'].map((type) => recordsOf(needs, sight, type, patient.id ?? '')),
  )
  const credentials = (basics ?? []).filter((one) =>
    codesOf(one.code, codeSystem('basic-type')).includes('participant-credential'),
  )
  const own = (plans ?? []).filter(isSuccessPlan)
  const plan = own.find((one) => one.status === 'active') ?? own.findLast((one) => one.status === 'draft')
  return pathwayOf({ patient, credentials, plan, saysDiploma: diplomaIn(responses ?? []) })
}

/** Unrestricted records only: everybody of the circle sees the pathway, and it must not tell more than they may know. */
async function recordsOf(
  needs: WriteNeeds,
  sight: Sight,
  type: string,
  participant: string,
): Promise<readonly Resource[]> {
  const where: Filter = { op: 'reference', param: PARTICIPANT, type: 'Patient', id: participant }
  const { versions } = await needs.store.find({ type, where, sight, limit: ENOUGH })
  return versions.map((version) => JSON.parse(version.text) as Resource).filter((one) => classesOf(one).length === 0)
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
