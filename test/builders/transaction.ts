/** A transaction Bundle: https://hl7.org/fhir/R4/http.html#transaction */
import type { Body } from './coding.ts'

type TransactionEntry = {
  readonly method: string
  readonly url: string
  readonly resource?: Body
  readonly fullUrl?: string
}

/** A transaction of these entries. */
export const transaction = (...entries: readonly TransactionEntry[]) => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: entries.map(({ method, url, resource, fullUrl }) => ({
    ...(fullUrl === undefined ? {} : { fullUrl }),
    ...(resource === undefined ? {} : { resource }),
    request: { method, url },
  })),
})
