/** What the rules of referral look at: the answered form, the participant, the programs of the area, what is open already. */
import type { Definitions } from '../definitions/definitions.ts'
import type { Lifecycle } from '../domain/referral/lifecycle.ts'
import { areaOf } from '../domain/referral/area.ts'
import { isReferral } from '../domain/referral/task.ts'
import { propose, type Proposal } from '../domain/referral/propose.ts'
import { codeSystem } from '../fhir/canonical.ts'
import { idOf, items } from '../fhir/element.ts'
import { refuse } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/types.ts'
import type { Call } from '../interactions/call.ts'
import type { StoredResource } from '../records/resource.ts'
import type { View } from '../records/view.ts'
import { aboutParticipant, ALL } from '../search/query.ts'

export type AssessmentNeeds = { readonly definitions: Definitions; readonly lifecycle: Pick<Lifecycle, 'terminal'> }

export type Assessment = {
  readonly participant: StoredResource
  readonly area?: string
  /** Every program (HealthcareService) of the state that an active agency provides. */
  readonly programs: readonly StoredResource[]
  readonly proposals: readonly Proposal[]
}

/** The records about a participant. */
/**
 * `view`: what the caller may know.
 * Errors: `assessment-rule` when the form is not completed or not the hub's, `reference-not-found` when the caller may
 * not know of the participant.
 */
export async function assess(needs: AssessmentNeeds, view: View, call: Call, response: Resource): Promise<Assessment> {
  const { definitions } = needs
  refuseUnfinished(response)
  refuseOtherForm(definitions, response)
  const id = idOf(response.subject, 'Patient') ?? ''
  const participant = id === '' ? undefined : await view.resource({ type: 'Patient', id })
  if (!participant) {
    throw refuse(
      'reference-not-found',
      `The subject of the assessment, \`Patient/${id}\`, is no participant that you may know of.`,
      { expression: 'QuestionnaireResponse.subject' },
    )
  }
  const area = localAreaOf(definitions, participant)
  const about = aboutParticipant(id)
  const [[tasks = [], requests = [], participations = []], [all = [], agencies = []]] = await Promise.all([
    view.listEach(['Task', 'ServiceRequest', 'EpisodeOfCare'], about),
    view.listEach(['HealthcareService', 'Organization'], ALL),
  ])
  const closed = agencies.filter(({ active }) => active === false).map((one) => one.id)
  const programs = all.filter((one) => !closed.includes(idOf(one.providedBy, 'Organization') ?? ''))
  const proposals = propose({
    response,
    rules: definitions.published('PlanDefinition') as readonly Resource[],
    activities: definitions.published('ActivityDefinition') as readonly Resource[],
    programs,
    participant,
    takenBy: call.caller.agency,
    referrals: tasks.filter(isReferral).flatMap((task) => {
      const request = requests.find((one) => one.id === idOf(task.focus, 'ServiceRequest'))
      return request ? [{ task, request }] : []
    }),
    terminal: needs.lifecycle.terminal,
    participations,
    serviceArea: { areas: localAreasOf(definitions), ...(area ? { area } : {}) },
    now: call.now,
  })
  return { participant, area, programs, proposals }
}

/** The local area of a participant, see areaOf. */
export function localAreaOf(definitions: Definitions, participant: Resource): string | undefined {
  const areas = definitions.find(codeSystem('local-area')) as Resource | undefined
  return areas ? areaOf(participant, areas) : undefined
}

/** The codes of all local areas. */
const localAreasOf = (definitions: Definitions): readonly string[] =>
  items(definitions.find(codeSystem('local-area'))?.concept).map((one) => String(one.code))

function refuseUnfinished({ status }: Resource): void {
  if (status === 'completed' || status === 'amended') return
  throw refuse(
    'assessment-rule',
    `The assessment is \`${String(status)}\`; referrals are proposed once it is \`completed\`.`,
    { expression: 'QuestionnaireResponse.status' },
  )
}

/** The rules read the questions of the hub's own form: `q1` of another form is a different question. */
function refuseOtherForm(definitions: Definitions, { questionnaire }: Resource): void {
  const form = typeof questionnaire === 'string' ? definitions.find(questionnaire) : undefined
  if (form?.resourceType === 'Questionnaire' && !definitions.isPosted(form.url)) return
  throw refuse(
    'assessment-rule',
    `\`${String(questionnaire)}\` is no questionnaire of this hub; referrals are proposed from the answers to its own.`,
    { expression: 'QuestionnaireResponse.questionnaire' },
  )
}
