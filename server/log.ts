/**
 * The log: events as JSON lines on standard error, with only the fields named here, so that no name, number, body or
 * query string of a person can slip in.
 */
import pino from 'pino'

/**
 * What a log line may carry besides level, time and event. `reason` is a sentence about a definition, which holds nothing
 * of a person.
 */
export const FIELDS = [
  'method',
  'route',
  'status',
  'ms',
  'agency',
  'request',
  'code',
  'job',
  'key',
  'attempt',
  'stream',
  'number',
  'sequence',
  'count',
  'bytes',
  'reason',
  'fault',
] as const

export type Fields = { readonly [F in Exclude<(typeof FIELDS)[number], 'fault'>]?: string | number } & {
  readonly fault?: unknown
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** `event` is a fixed word or two (`request`, `delivery failed`), never made from data. */
export type Log = { readonly [L in LogLevel]: (event: string, fields?: Fields) => void } & {
  /** Writes out what is still buffered. */
  flush(): void
}

/** In: the least level to write (`silent`: none), and where to (default: standard error). */
export function createLog(level: LogLevel | 'silent', to: pino.DestinationStream = standardError()): Log {
  const logger = pino(
    { level, base: null, messageKey: 'event', formatters: { level: (label) => ({ level: label }) } },
    to,
  )
  const write =
    (at: LogLevel) =>
    (event: string, fields: Fields = {}) => {
      if (logger.isLevelEnabled(at)) logger[at](allowed(fields), event)
    }
  const flush = () => 'flushSync' in to && typeof to.flushSync === 'function' && to.flushSync()
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error'), flush }
}

/** Lines are gathered and written together, at the latest after a second: a request does not wait for its log line. */
function standardError() {
  const stream = pino.destination({ dest: 2, sync: false, minLength: 4096, periodicFlush: 1000 })
  return stream
}

function allowed(fields: Fields): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const name of FIELDS) {
    if (fields[name] === undefined) continue
    kept[name] = name === 'fault' ? faultOf(fields.fault) : fields[name]
  }
  return kept
}

/**
 * An error for the log: its class, code and stack frames. Its message only where it cannot quote what somebody sent:
 * errors of the system (they have a code) and of the language itself.
 */
function faultOf(error: unknown): unknown {
  if (!(error instanceof Error)) return { name: typeof error }
  const code = 'code' in error ? String(error.code) : undefined
  const harmless =
    code !== undefined || error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return {
    name: error.name,
    code,
    message: harmless ? error.message : undefined,
    at: frames.map((line) => line.trim().slice(3)),
  }
}
