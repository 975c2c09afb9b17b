/** What agencies do on an event: fetch the records that they need, and no more. */
import type { AgencyClient } from '../agency-client.ts'
import { resourcesOf, keyOf, type DemoResource } from '../fhir.ts'
import { nameOf } from '../records/person.ts'
import { referred, serviceOf } from '../records/referral.ts'

export type Referral = { readonly task: DemoResource; readonly request: DemoResource; readonly person: DemoResource }

/**
 * A referral arrived: fetches it with its request and its participant, and notes it under the participant's name, so that
 * staff find it when the participant walks in.
 */
export async function receiveReferral(client: AgencyClient, focus: string): Promise<Referral> {
  const id = focus.split('/')[1] ?? ''
  const query = `Task?_id=${id}&_include=Task:patient&_include=Task:focus`
  const { body } = await client.get(query, { note: 'the referral, with its request and the participant' })
  const found = resourcesOf(body)
  client.keep(...found)
  const of = (type: string): DemoResource => {
    const one = found.find(({ resourceType }) => resourceType === type)
    if (!one) throw new Error(`the answer for the referral \`${focus}\` has no ${type}`)
    return one
  }
  const referral = { task: of('Task'), request: of('ServiceRequest'), person: of('Patient') }
  client.notes.set(`referral:${serviceOf(referral.request)}`, keyOf(referral.task))
  client.notes.set(nameOf(referral.person), keyOf(referral.person))
  client.print(`expects ${nameOf(referral.person)} for ${serviceOf(referral.request)}`)
  return referral
}

/** Fetches the plan and the answers of a participant. */
export async function fetchPlan(client: AgencyClient, patient: string): Promise<void> {
  const plans = await client.get(`CarePlan?patient=${patient}&category=success-plan`, { note: 'his success plan' })
  const forms = await client.get(`QuestionnaireResponse?patient=${patient}`, { note: 'his answers' })
  client.keep(...resourcesOf(plans.body), ...resourcesOf(forms.body))
  const [plan] = resourcesOf(plans.body)
  if (plan) client.notes.set('plan', keyOf(plan))
}

/** Reads a record again and keeps the current version. */
export async function refresh(client: AgencyClient, key: string): Promise<DemoResource> {
  const { body } = await client.get(key, { note: 'the current version', routine: true })
  client.keep(body)
  return body
}

const CLOSED = ['rejected', 'failed', 'completed', 'cancelled']

/** A referral changed: reads its current version, and prints how it ended when it is closed. */
export async function followUp(client: AgencyClient, focus: string): Promise<void> {
  const task = await refresh(client, focus)
  const business = task.businessStatus as { coding?: readonly { code?: string }[] } | undefined
  const owner = referred(task, 'owner').split('/')[1] ?? 'no agency'
  if (CLOSED.includes(String(task.status)))
    client.print(`sees its referral to ${owner}: ${String(task.status)}, ${business?.coding?.[0]?.code ?? ''}`)
}

/** Updates a record, and keeps the answer. */
export async function write(client: AgencyClient, resource: DemoResource, note: string): Promise<DemoResource> {
  const { body } = await client.put(resource, { note })
  client.keep(body)
  return body
}

/** The one of this type among the resources that a transaction wrote. */
export function written(resources: readonly DemoResource[], type: string, at = 0): DemoResource {
  const one = resources.filter(({ resourceType }) => resourceType === type)[at]
  if (!one) throw new Error(`no ${type} was written`)
  return one
}
