/** The individual success plan with its goals, the barrier that it addresses, and an agency's addendum. */
import { coded, extension, hl7, to, type DemoResource } from '../fhir.ts'

type Step = {
  readonly sequence: number
  readonly service: string
  readonly status: string
  readonly performer?: string
  readonly text?: string
  readonly outcomes?: readonly string[]
}

/** One step of the training schedule. */
export const step = ({ sequence, service, status, performer, text, outcomes = [] }: Step) => ({
  extension: [
    extension('plan-section', { valueCode: 'training-service' }),
    extension('sequence', { valuePositiveInt: sequence }),
  ],
  ...(outcomes.length > 0 ? { outcomeReference: outcomes.map(to) } : {}),
  detail: {
    code: { ...coded('service-catalogue', service), ...(text ? { text } : {}) },
    status,
    ...(performer ? { performer: [to(`Organization/${performer}`)] } : {}),
  },
})

type Activity = { readonly extension?: readonly unknown[]; readonly outcomeReference?: readonly unknown[] } & {
  readonly detail: { readonly code: { readonly coding: readonly { readonly code: string }[] }; readonly status: string }
}

/** The plan with a new status of one step, and the outcomes of that step. */
export const moved = (
  plan: DemoResource,
  service: string,
  status: string,
  outcomes: readonly string[] = [],
): DemoResource => ({
  ...plan,
  activity: ((plan.activity ?? []) as readonly Activity[]).map((activity) =>
    activity.detail.code.coding.some(({ code }) => code === service)
      ? {
          ...activity,
          ...(outcomes.length > 0
            ? { outcomeReference: [...(activity.outcomeReference ?? []), ...outcomes.map(to)] }
            : {}),
          detail: { ...activity.detail, status },
        }
      : activity,
  ),
})

type Tentative = { readonly patient: string; readonly author: string; readonly created: string; readonly goal: string }

/** A tentative plan, as he draws it up himself. */
export const tentative = ({ patient, author, created, goal }: Tentative, addresses: string): DemoResource => ({
  resourceType: 'CarePlan',
  status: 'draft',
  intent: 'proposal',
  category: [coded('plan-category', 'success-plan')],
  title: 'From truck driving to diesel mechanics',
  subject: to(patient),
  created,
  author: to(`Organization/${author}`),
  addresses: [to(addresses)],
  goal: [to(goal)],
  activity: [step({ sequence: 1, service: 'diesel-mechanic-training', status: 'not-started' })],
})

type Addendum = { readonly plan: string; readonly patient: string; readonly author: string; readonly created: string }

/** An agency's own part of the plan. */
export const addendum = ({ plan, patient, author, created }: Addendum, activity: readonly unknown[]): DemoResource => ({
  resourceType: 'CarePlan',
  status: 'active',
  intent: 'plan',
  category: [coded('plan-category', 'agency-addendum')],
  title: 'Adult education plan',
  subject: to(patient),
  created,
  author: to(`Organization/${author}`),
  partOf: [to(plan)],
  activity,
})

/** The long-term goal: to be a mechanic, with the desired salary. */
export const careerGoal = (patient: string, start: string): DemoResource => ({
  resourceType: 'Goal',
  lifecycleStatus: 'proposed',
  category: [coded('goal-type', 'career')],
  description: {
    coding: [{ system: 'http://onetonline.org/onet-soc', code: '49-3031.00' }],
    text: 'Diesel mechanic',
  },
  subject: to(patient),
  startDate: start,
  target: [
    {
      measure: coded('goal-measure', 'desired-salary'),
      detailQuantity: { value: 45000, unit: 'USD/a', system: 'urn:iso:std:iso:4217', code: 'USD' },
    },
  ],
})

/** The intermediate goal: to earn wages soon by driving trucks. */
export const shortTermGoal = (patient: string, start: string): DemoResource => ({
  resourceType: 'Goal',
  lifecycleStatus: 'active',
  category: [coded('goal-type', 'short-term')],
  description: {
    coding: [{ system: 'http://onetonline.org/onet-soc', code: '53-3032.00' }],
    text: 'Drive trucks',
  },
  subject: to(patient),
  startDate: start,
})

/** From his answer to question 1. */
export const noDiploma = (patient: string, recorded: string): DemoResource => ({
  resourceType: 'Condition',
  clinicalStatus: hl7('condition-clinical', 'active'),
  verificationStatus: hl7('condition-ver-status', 'unconfirmed'),
  category: [coded('condition-category', 'barrier')],
  code: coded('barrier', 'no-diploma'),
  subject: to(patient),
  recordedDate: recorded,
})
