/**
 * A proposed change of who a participant is: a Task of the kind `review-change`, which the agency of entry accepts
 * (`completed`) or refuses (`rejected`). Its inputs hold the new values.
 */
import { codeSystem } from '../../fhir/canonical.ts'
import { codesOf, idOf, items } from '../../fhir/element.ts'
import { formatInstant } from '../../fhir/dates.ts'
import type { Issue } from '../../fhir/outcome.ts'
import type { Json, JsonObject, Resource } from '../../fhir/types.ts'
import { AGENCY_TASK, kindOf } from './agency-task.ts'

const ELEMENT = codeSystem('proposed-element')

/** Elements that can be proposed: how the value of an input is called, and whether there may be several. */
const PROPOSABLE = {
  name: { value: 'valueHumanName', isList: true },
  birthDate: { value: 'valueDate', isList: false },
  gender: { value: 'valueCode', isList: false },
} as const
type Proposable = keyof typeof PROPOSABLE

export type ProposedElements = { readonly [name in Proposable]?: Json }

export const isProposal = (task: Resource | undefined): task is Resource => kindOf(task) === 'review-change'

/** The Task by which `requester` proposes the elements to `owner`. `now` is the instant of the request (ms). */
export function draftProposal(
  { name, birthDate, gender }: ProposedElements,
  about: {
    readonly id: string
    readonly participant: string
    readonly requester: string
    readonly owner: string
    readonly comment?: string | undefined
    readonly now: number
  },
): Resource & { readonly id: string } {
  const inputs = [
    ...items(name).map((one) => inputOf('name', one)),
    ...(birthDate === undefined ? [] : [inputOf('birthDate', birthDate)]),
    ...(gender === undefined ? [] : [inputOf('gender', gender)]),
  ]
  const [patient, at] = [{ reference: `Patient/${about.participant}` }, formatInstant(about.now)]
  return {
    resourceType: 'Task',
    id: about.id,
    status: 'requested',
    intent: 'proposal',
    code: { coding: [{ system: AGENCY_TASK, code: 'review-change' }] },
    focus: patient,
    for: patient,
    authoredOn: at,
    lastModified: at,
    requester: { reference: `Organization/${about.requester}` },
    owner: { reference: `Organization/${about.owner}` },
    ...(about.comment === undefined ? {} : { note: [{ text: about.comment }] }),
    input: inputs,
  }
}

const inputOf = (name: Proposable, value: Json): JsonObject => ({
  type: { coding: [{ system: ELEMENT, code: name }] },
  [PROPOSABLE[name].value]: value,
})

/** The participant with the values that the Task proposes. */
export function withProposed<T extends Resource>(patient: T, task: Resource): T {
  const changes = (Object.keys(PROPOSABLE) as Proposable[]).flatMap((name) => {
    const { value, isList } = PROPOSABLE[name]
    const values = inputsOf(task, name).flatMap((one) => one[value] ?? [])
    return values.length === 0 ? [] : [[name, isList ? values : values[0]] as const]
  })
  return { ...patient, ...Object.fromEntries(changes) }
}

const inputsOf = (task: Resource, name: Proposable): readonly JsonObject[] =>
  items(task.input).filter((one) => codesOf(one.type, ELEMENT).includes(name))

/** A proposal goes to the agency of entry of the participant that it is about, from another agency, in the right types. */
export function checkProposal(task: Resource, patient: Resource): readonly Issue[] {
  const entry = idOf(patient.managingOrganization, 'Organization')
  const id = String(patient.id)
  const broken = (met: boolean, element: string, text: string): readonly Issue[] =>
    met ? [] : [{ severity: 'error', detail: 'value-conflict', expression: `Task.${element}`, text }]
  return [
    ...broken(
      idOf(task.focus, 'Patient') === id,
      'focus',
      `A proposed change is about the participant: \`Task.focus\` must be \`Patient/${id}\`, as \`Task.for\` is.`,
    ),
    ...broken(
      idOf(task.owner, 'Organization') === entry,
      'owner',
      `A proposed change is answered by the agency of entry: \`Task.owner\` must be \`Organization/${entry ?? ''}\`.`,
    ),
    ...broken(
      idOf(task.requester, 'Organization') !== entry,
      'requester',
      `\`Organization/${entry ?? ''}\` is the agency of entry and changes \`Patient/${id}\` itself.`,
    ),
    ...items(task.input).flatMap((input, index) => {
      const [name] = codesOf(input.type, ELEMENT) as Proposable[]
      const value = name && PROPOSABLE[name]?.value
      return broken(
        value === undefined || input[value] !== undefined,
        `input[${index}]`,
        `The value of \`${String(name)}\` is sent as \`${String(value)}\`.`,
      )
    }),
  ]
}
