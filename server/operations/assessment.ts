/** What the rules of referral look at: the answered form, the participant, what is offered in the area, what is open already. */
import { codeSystem } from '../fhir/canonical.ts'
import { idOf } from '../fhir/element.ts'
import { refuse } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/types.ts'
import { areaOf } from '../domain/referral/area.ts'
import { propose, type Proposal } from '../domain/referral/propose.ts'
import type { Call } from '../interactions/call.ts'
import { viewerOf } from '../interactions/target.ts'
import type { WriteNeeds } from '../write/needs.ts'
import { ALL, PARTICIPANT, type Filter } from '../search/query.ts'

const ENOUGH = 1000

export type Assessment = {
  readonly participant: Resource & { readonly id: string }
  readonly area?: string
  readonly proposals: readonly Proposal[]
}

/** Errors: `assessment-rule` when the form is not completed or not the hub's, `reference-not-found` when the participant is not known. */
export async function assess(needs: WriteNeeds, call: Call, response: Resource): Promise<Assessment> {
  if (response.status !== 'completed' && response.status !== 'amended') {
    throw refuse(
      'assessment-rule',
      `The assessment is \`${String(response.status)}\`; referrals are proposed once it is \`completed\`.`,
      { expression: 'QuestionnaireResponse.status' },
    )
  }
  refuseUnknownForm(needs, response)
  const id = idOf(response.subject, 'Patient') ?? ''
  const participant = id === '' ? undefined : await readCurrent(needs, call, 'Patient', id)
  if (!participant) {
    throw refuse(
      'reference-not-found',
      `The subject of the assessment, \`Patient/${id}\`, is no participant that you may know of.`,
      { expression: 'QuestionnaireResponse.subject' },
    )
  }
  const localAreas = needs.definitions.find(codeSystem('local-area')) as Resource | undefined
  const area = localAreas ? areaOf(participant, localAreas) : undefined
  const about: Filter = { op: 'reference', param: PARTICIPANT, type: 'Patient', id }
  const tasks = (await findAll(needs, call, 'Task', about)).filter(
    (one) => !needs.lifecycle.terminal.includes(String(one.status)),
  )
  const requests = await findAll(needs, call, 'ServiceRequest', about)
  const proposals = propose({
    response,
    rules: needs.definitions.published('PlanDefinition') as readonly Resource[],
    activities: needs.definitions.published('ActivityDefinition') as readonly Resource[],
    programs: await findAll(needs, call, 'HealthcareService', ALL),
    participant,
    takenBy: call.caller.agency,
    openReferrals: tasks.flatMap((task) => {
      const request = requests.find((one) => one.id === idOf(task.focus, 'ServiceRequest'))
      return request ? [{ task, request }] : []
    }),
    participations: await findAll(needs, call, 'EpisodeOfCare', about),
    ...(area ? { area } : {}),
    now: call.now,
  })
  return { participant, area, proposals }
}

/** The rules are about the questions of the hub's own form: `q1` of another asks something else. */
function refuseUnknownForm({ definitions }: WriteNeeds, { questionnaire }: Resource): void {
  const form = typeof questionnaire === 'string' ? definitions.find(questionnaire) : undefined
  if (form?.resourceType === 'Questionnaire' && !definitions.isPosted(form.url)) return
  throw refuse(
    'assessment-rule',
    `\`${String(questionnaire)}\` is no questionnaire of this hub; referrals are proposed from the answers to its own.`,
    { expression: 'QuestionnaireResponse.questionnaire' },
  )
}

export async function readCurrent(
  needs: WriteNeeds,
  call: Call,
  type: string,
  id: string,
): Promise<(Resource & { readonly id: string }) | undefined> {
  const version = await needs.store.read({ type, id }, viewerOf(call))
  return version && version.text !== '' ? (JSON.parse(version.text) as Resource & { readonly id: string }) : undefined
}

export async function findAll(
  needs: WriteNeeds,
  call: Call,
  type: string,
  where: Filter,
): Promise<readonly Resource[]> {
  const { versions } = await needs.store.find({ type, where, viewer: viewerOf(call), limit: ENOUGH })
  return versions.map((version) => JSON.parse(version.text) as Resource)
}
