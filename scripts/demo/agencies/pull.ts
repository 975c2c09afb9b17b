/** What agencies do when they are told of something: pull what they need, and no more. */
import type { Desk } from '../desk.ts'
import { resourcesOf, keyOf, type Resource } from '../fhir.ts'
import { nameOf } from '../records/person.ts'
import { referred, serviceOf } from '../records/referral.ts'

export type Referral = { readonly task: Resource; readonly request: Resource; readonly person: Resource }

/**
 * A referral came in: pulls it with what it asks for and whom it is about, and files it under the person's name, so
 * that whoever sits at the desk finds it when the person walks in.
 */
export async function expectSomebody(desk: Desk, focus: string): Promise<Referral> {
  const id = focus.split('/')[1] ?? ''
  const query = `Task?_id=${id}&_include=Task:patient&_include=Task:focus`
  const { body } = await desk.get(query, { note: 'who is referred, and for what?' })
  const found = resourcesOf(body)
  desk.hold(...found)
  const of = (type: string): Resource => {
    const one = found.find(({ resourceType }) => resourceType === type)
    if (!one) throw new Error(`the referral \`${focus}\` came without its ${type}`)
    return one
  }
  const referral = { task: of('Task'), request: of('ServiceRequest'), person: of('Patient') }
  desk.notes.set(`referral:${serviceOf(referral.request)}`, keyOf(referral.task))
  desk.notes.set(nameOf(referral.person), keyOf(referral.person))
  desk.say(`expects ${nameOf(referral.person)} for ${serviceOf(referral.request)}`)
  return referral
}

/** The plan, the answers and the newest profile of a person. */
export async function readUp(desk: Desk, patient: string): Promise<void> {
  const plans = await desk.get(`CarePlan?patient=${patient}&category=success-plan`, { note: 'his success plan' })
  const forms = await desk.get(`QuestionnaireResponse?patient=${patient}`, { note: 'his answers' })
  desk.hold(...resourcesOf(plans.body), ...resourcesOf(forms.body))
  const [plan] = resourcesOf(plans.body)
  if (plan) desk.notes.set('plan', keyOf(plan))
}

/** Reads a record again and holds it as it is now. */
export async function refresh(desk: Desk, key: string): Promise<Resource> {
  const { body } = await desk.get(key, { note: 'as it is now', routine: true })
  desk.hold(body)
  return body
}

const CLOSED = ['rejected', 'failed', 'completed', 'cancelled']

/** A referral moved: reads where it stands now, and says so when it is closed. */
export async function followUp(desk: Desk, focus: string): Promise<void> {
  const task = await refresh(desk, focus)
  const business = task.businessStatus as { coding?: readonly { code?: string }[] } | undefined
  const owner = referred(task, 'owner').split('/')[1] ?? 'nobody'
  if (CLOSED.includes(String(task.status)))
    desk.say(`sees its referral to ${owner}: ${String(task.status)}, ${business?.coding?.[0]?.code ?? ''}`)
}

/** Writes a record that the agency holds, and holds the answer. */
export async function write(desk: Desk, resource: Resource, note: string): Promise<Resource> {
  const { body } = await desk.put(resource, { note })
  desk.hold(body)
  return body
}

/** The one of this type among the resources that a transaction wrote. */
export function written(resources: readonly Resource[], type: string, at = 0): Resource {
  const one = resources.filter(({ resourceType }) => resourceType === type)[at]
  if (!one) throw new Error(`no ${type} was written`)
  return one
}
