/** Referrals as the agencies handle them: sending, accepting, closing. */
import { coded, ROOT, to, type Part, type DemoResource } from '../fhir.ts'

export const parameters = (...parameter: readonly Part[]): DemoResource => ({ resourceType: 'Parameters', parameter })

export const reference = (name: string, key: string): Part => ({ name, valueReference: to(key) })
export const code = (name: string, value: string): Part => ({ name, valueCode: value })
export const text = (name: string, value: string): Part => ({ name, valueString: value })

/** His decision about one proposal. */
export const decision = (rule: string, accept: boolean, reason?: string): Part => ({
  name: 'decision',
  part: [code('rule', rule), { name: 'accept', valueBoolean: accept }, ...(reason ? [text('reason', reason)] : [])],
})

type Change = {
  readonly status: string
  readonly business: string
  readonly reason?: { readonly text: string; readonly coding?: readonly unknown[] }
  readonly outputs?: readonly unknown[]
}

/** The Task in its next state (docs: the referral lifecycle). */
export const task = (referral: DemoResource, { status, business, reason, outputs = [] }: Change): DemoResource => ({
  ...referral,
  status,
  businessStatus: coded('referral-business-status', business),
  ...(reason ? { statusReason: reason } : {}),
  ...(outputs.length > 0 ? { output: [...((referral.output ?? []) as readonly unknown[]), ...outputs] } : {}),
})

const output = (type: string, value: Readonly<Record<string, unknown>>) => ({
  type: coded('task-output', type),
  ...value,
})

export const outcome = (value: string) => output('outcome', { valueCodeableConcept: coded('referral-outcome', value) })
export const attempt = (at: string, way: string) =>
  output('contact-attempt', {
    extension: [{ url: `${ROOT}/StructureDefinition/ext-contact-way`, valueCode: way }],
    valueDateTime: at,
  })
export const resulting = (procedure: string) => output('resulting-activity', { valueReference: to(procedure) })

/** Completed, with the service that resulted from it. */
export const served = (referral: DemoResource, procedure: string): DemoResource =>
  task(referral, {
    status: 'completed',
    business: 'services-received',
    outputs: [outcome('received-services'), resulting(procedure)],
  })

/** `Type/id` that an element such as `for` refers to. */
export const referred = (resource: DemoResource, element: string): string =>
  (resource[element] as { reference?: string } | undefined)?.reference ?? ''

/** The code of the requested service. */
export const serviceOf = (request: DemoResource): string =>
  (request.code as { coding?: readonly { code?: string }[] })?.coding?.[0]?.code ?? ''
