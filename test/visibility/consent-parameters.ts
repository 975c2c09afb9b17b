/** Parameters of the operations about consents. */
import type { Body } from '../builders/index.ts'

export const parameters = (...parameter: readonly object[]) => ({ resourceType: 'Parameters', parameter })
export const SIGNATURE = { name: 'signature', valueSignature: { when: '2026-01-05T09:00:00Z', data: 'SWRh' } }
const FORM = { resourceType: 'DocumentReference', content: [{ attachment: { title: 'Form' } }] }
export const filed = (resource: Body) => parameters({ name: 'consent', resource }, { name: 'document', resource: FORM })
export const referring = (name: string, reference: string) => ({ name, valueReference: { reference } })
export const revoked = (permit: string, patient: string) =>
  parameters(referring('consent', permit), referring('patient', patient))
