/** The limits that the settings set, by the part that enforces them. */
import type { Config } from '../config.ts'
import type { SearchLimits } from '../search/limits.ts'

/** Bytes of all headers but the address. */
const HEADERS = 8192

type Limits = {
  /** What one request may bring. */
  readonly http: {
    readonly body: number
    readonly address: number
    readonly depth: number
    readonly parameters: number
    readonly concurrency: number
  }
  /** Bytes of address and headers together. */
  readonly headers: number
  readonly search: SearchLimits
}

export const limitsOf = (config: Config): Limits => ({
  http: {
    body: config.bodyLimit,
    address: config.addressLimit,
    depth: config.depthLimit,
    parameters: config.parameterLimit,
    concurrency: config.concurrencyLimit,
  },
  headers: config.addressLimit + HEADERS,
  search: {
    parameters: config.parameterLimit,
    values: config.valueLimit,
    chain: config.chainLimit,
    onTheWay: config.chainRecordLimit,
    count: config.countLimit,
    included: config.includeLimit,
    iterate: config.iterateLimit,
  },
})
