/**
 * The settings of the hub: one table, and the reader that turns environment variables into a Config. Only this file
 * reads the environment. docs/settings.md says the same for people; a test compares the two.
 */
import { isIP } from 'node:net'
import { nearest } from './fhir/nearest.ts'
import { DEFAULT_LIMITS } from './search/limits.ts'
import { parseStoreAddress, STORE_ADDRESSES, type StoreAddress } from './store/address.ts'

/** A setting that cannot be used; its message is the sentence to print. */
export class ConfigFault extends Error {
  override readonly name = 'ConfigFault'
}

/** Text to value; throws a ConfigFault-worthy reason (what is allowed) by returning undefined. */
type Kind<T> = { readonly allowed: string; readonly read: (text: string) => T | undefined }

type Setting<T> = {
  /** The key in Config. */
  readonly key: string
  /** As one would write it in the environment; absent: no value unless set. */
  readonly default?: string
  readonly kind: Kind<T>
  readonly doc: string
  /** Never shown in a message or a log. */
  readonly secret?: true
}

const oneOf = <T extends string>(...values: T[]): Kind<T> => ({
  allowed: values.join(', '),
  read: (text) => values.find((value) => value === text),
})

const integer = (least: number, most: number): Kind<number> => ({
  allowed: `a whole number from ${least} to ${most}`,
  read: (text) => (/^\d{1,15}$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined),
})

const flag: Kind<boolean> = {
  allowed: 'true, false',
  read: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
}

const host: Kind<string> = {
  allowed: 'an IP address or a host name',
  read: (text) => (isIP(text) !== 0 || /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text) ? text : undefined),
}

const storeAddress: Kind<StoreAddress> = { allowed: STORE_ADDRESSES, read: parseStoreAddress }

const timeZone: Kind<string> = {
  allowed: 'a zone of the IANA time zone database, such as `America/Chicago`',
  read: (text) => {
    try {
      return new Intl.DateTimeFormat('en-US', { timeZone: text }) && text
    } catch {
      return undefined
    }
  },
}

const baseAddress: Kind<string> = {
  allowed: 'an http or https address without query or fragment, such as `https://hub.example.org/fhir`',
  read: (text) => {
    if (!URL.canParse(text)) return undefined
    const { protocol, username, search, hash } = new URL(text)
    if (!/^https?:$/.test(protocol) || username || search || hash) return undefined
    return text.replace(/\/+$/, '')
  },
}

const secret: Kind<string> = {
  allowed: 'at least 32 characters',
  read: (text) => (text.length >= 32 ? text : undefined),
}

const folders: Kind<readonly string[]> = {
  allowed: 'one or more paths of folders, with commas between',
  read: (text) => {
    const paths = text.split(',').map((part) => part.trim())
    return paths.includes('') ? undefined : paths
  },
}

const origins: Kind<readonly string[]> = {
  allowed: 'one or more origins with commas between, such as `https://app.example.org`',
  read: (text) => {
    const list = text.split(',').map((part) => part.trim())
    return list.every(isOrigin) ? list : undefined
  },
}

/** The form in which browsers send it: scheme, host and, where it is not the usual one, port. */
const isOrigin = (text: string): boolean =>
  /^https?:\/\/[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text

const waits: Kind<readonly number[]> = {
  allowed: 'one to 50 whole numbers of seconds, each from 0 to 604800, with commas between',
  read: (text) => {
    const numbers = text.split(',').map((part) => (/^\s*\d{1,6}\s*$/.test(part) ? Number(part) : NaN))
    return numbers.length <= 50 && numbers.every((wait) => wait <= 604_800) ? numbers : undefined
  },
}

const setting = <K extends string, T>(key: K, kind: Kind<T>, fallback: string, doc: string) => ({
  key,
  kind,
  default: fallback,
  doc,
})
const unset = <K extends string, T>(key: K, kind: Kind<T>, doc: string) => ({ key, kind, default: undefined, doc })

/** Every setting there is, in the order in which docs/settings.md tells them. */
export const SETTINGS = {
  HUB_PORT: setting('port', integer(0, 65535), '8080', 'TCP port to listen on; 0 takes a free one.'),
  HUB_HOST: setting('host', host, '127.0.0.1', 'Address to listen on.'),
  HUB_PUBLIC_URL: unset(
    'publicUrl',
    baseAddress,
    'FHIR base address that links and Location headers name, where a proxy stands in front; unset: the address of the request.',
  ),
  HUB_STORE: setting(
    'store',
    storeAddress,
    'sqlite:.hub/hub.sqlite',
    'Where records are kept; `memory:` forgets them at the end.',
  ),
  HUB_SEED: setting(
    'seed',
    oneOf('sample', 'none'),
    'sample',
    'What an empty store is filled with: invented sample agencies and catalogues, or nothing.',
  ),
  HUB_RULES: setting(
    'rules',
    oneOf('hub', 'open'),
    'hub',
    'Which resources are taken: only the published profiles, or any R4 type (for generic FHIR test suites).',
  ),
  HUB_TEXT_SEARCH: unset(
    'textSearch',
    oneOf('on', 'off'),
    'Whether `_text` and `_content` find records by their words, which makes the store a quarter larger; unset: on with HUB_RULES=open, else off.',
  ),
  HUB_DEFINITIONS: unset(
    'definitions',
    folders,
    'Folders of definitions in addition to the hub’s own: profiles, value sets, code systems, concept maps, questionnaires.',
  ),
  HUB_AUTH: setting(
    'auth',
    oneOf('open'),
    'open',
    'How callers are identified: `open` trusts the X-Agency header and works on a loopback address only.',
  ),
  HUB_TIME_ZONE: setting('timeZone', timeZone, 'America/Chicago', 'Time zone of working days and quarters.'),
  HUB_SSN_KEY: {
    ...unset(
      'ssnKey',
      secret,
      'Secret key of the hash that Social Security numbers are matched by; unset: made at the first start, kept beside the store.',
    ),
    secret: true,
  },
  HUB_LOOPBACK_ENDPOINTS: setting(
    'loopbackEndpoints',
    flag,
    'false',
    'Whether subscriptions may notify loopback addresses (for demo and tests).',
  ),
  HUB_RETRY_SCHEDULE: setting(
    'retrySchedule',
    waits,
    '5,300,1800,7200,18000,36000,50400,72000,86400',
    'Seconds to wait after the first, second, ... failed attempt to deliver a notification; after the last one delivery stops.',
  ),
  HUB_CORS: unset('corsOrigins', origins, 'Origins whose pages may call the hub from a browser; unset: none.'),
  HUB_COMPRESS_FROM: setting(
    'compressFrom',
    integer(0, 1_073_741_824),
    '1400',
    'Bytes from which on a response is compressed, where the client accepts it; 0: never.',
  ),
  HUB_BODY_LIMIT: setting('bodyLimit', integer(1024, 1_073_741_824), '10485760', 'Largest request body, in bytes.'),
  HUB_ADDRESS_LIMIT: setting(
    'addressLimit',
    integer(256, 65_536),
    '8192',
    'Longest address of a request, in characters; all headers may have 8192 bytes more.',
  ),
  HUB_DEPTH_LIMIT: setting(
    'depthLimit',
    integer(8, 64),
    '64',
    'How deep objects and arrays of a body may nest; XML counts as its JSON form.',
  ),
  HUB_PARAMETER_LIMIT: setting(
    'parameterLimit',
    integer(1, 1000),
    String(DEFAULT_LIMITS.parameters),
    'Most parameters of a search, and of any other address or form.',
  ),
  HUB_VALUE_LIMIT: setting(
    'valueLimit',
    integer(1, 10_000),
    String(DEFAULT_LIMITS.values),
    'Most values of a search, all alternatives of all its parameters together.',
  ),
  HUB_SEARCH_LIMIT: setting(
    'searchLimit',
    integer(256, 1_048_576),
    String(DEFAULT_LIMITS.characters),
    'Most characters of a search or of a condition: the names and values of all its parameters.',
  ),
  HUB_COUNT_LIMIT: setting(
    'countLimit',
    integer(1, 1000),
    String(DEFAULT_LIMITS.count),
    'Most matches of a page of a search, and most versions of a page of a history; a larger `_count` counts as this one.',
  ),
  HUB_CHAIN_LIMIT: setting(
    'chainLimit',
    integer(1, 10),
    String(DEFAULT_LIMITS.chain),
    'Most references that one parameter of a search leads over, in chains and `_has`.',
  ),
  HUB_CHAIN_RECORD_LIMIT: setting(
    'chainRecordLimit',
    integer(1, 100_000),
    String(DEFAULT_LIMITS.onTheWay),
    'Most records that one step of a chain or `_has` may find, and that `_sort` by a chain or `_contained` reads.',
  ),
  HUB_INCLUDE_LIMIT: setting(
    'includeLimit',
    integer(1, 10_000),
    String(DEFAULT_LIMITS.included),
    'Most records that are included with a page; the answer says when there would be more.',
  ),
  HUB_ITERATE_LIMIT: setting(
    'iterateLimit',
    integer(1, 100),
    String(DEFAULT_LIMITS.iterate),
    'Most steps that `_include:iterate` and `_revinclude:iterate` follow from a match, and most levels of `:above` and `:below` of a reference.',
  ),
  HUB_CONCURRENCY_LIMIT: setting(
    'concurrencyLimit',
    integer(1, 10_000),
    '32',
    'Most requests of one agency, or of the board, that are answered at the same time.',
  ),
  HUB_TRANSACTION_LIMIT: setting(
    'transactionLimit',
    integer(1, 100_000),
    '500',
    'Most entries of a batch or transaction Bundle, and most records that one conditional delete, or one transaction, changes.',
  ),
  HUB_ASYNC_LIMIT: setting(
    'asyncLimit',
    integer(1, 10_000),
    '20',
    'Most requests of one agency, or of the board, in the background: those that wait, run, or have a result that is kept.',
  ),
  HUB_ASYNC_RETENTION: setting(
    'asyncRetention',
    integer(1, 8_760),
    '24',
    'Hours for which the result of a request in the background is kept.',
  ),
  HUB_ASYNC_RESULT_LIMIT: setting(
    'asyncResultLimit',
    integer(1024, 1_073_741_824),
    '10485760',
    'Largest result of a request in the background, in characters.',
  ),
  HUB_PATCH_LIMIT: setting('patchLimit', integer(1, 10_000), '100', 'Most operations of a patch.'),
  HUB_LOOK_UP_LIMIT: setting(
    'lookUpLimit',
    integer(1, 1_000_000),
    '1000',
    'Most calls of $match and $request-access by one agency in an hour; the board has no limit.',
  ),
  HUB_SSN_ATTEMPT_LIMIT: setting(
    'ssnAttemptLimit',
    integer(1, 1000),
    '20',
    'Most Social Security numbers that one agency may try in a day on persons who have another number; the board has no limit.',
  ),
  HUB_CHECK_LIMIT: setting(
    'checkLimit',
    integer(1, 3_600_000),
    '30000',
    'Longest check of one large resource, in ms; a longer one is ended and the resource refused.',
  ),
  HUB_FHIRPATH_LIMIT: setting(
    'fhirPathLimit',
    integer(1000, 1_000_000_000),
    '1000000',
    'Most steps of FHIRPath (values that are selected, compared or tested) that all rules may take in the check of one resource, or a hundred times as many for a large one; one that takes more is refused.',
  ),
  HUB_QUERY_LIMIT: setting(
    'queryLimit',
    integer(1, 3_600_000),
    '30000',
    'Longest search, in ms; a longer one is ended and refused.',
  ),
  HUB_SUBSCRIPTION_LIMIT: setting(
    'subscriptionLimit',
    integer(1, 100_000),
    '100',
    'Most subscriptions of one agency; the board has no limit.',
  ),
  HUB_NOTIFICATION_LIMIT: setting(
    'notificationLimit',
    integer(1024, 16_777_216),
    '262144',
    'Largest notification of several events, in bytes; one event is sent whatever its size.',
  ),
  HUB_ENDPOINT_ANSWER_LIMIT: setting(
    'endpointAnswerLimit',
    integer(0, 1_048_576),
    '4096',
    'How much of the answer of an endpoint is read, in bytes, before the connection is closed.',
  ),
  HUB_METRICS_PORT: unset(
    'metricsPort',
    integer(0, 65535),
    'TCP port on 127.0.0.1 for a scraper without credentials, which answers `GET /metrics` to every program of this machine; 0 takes a free one; unset: none.',
  ),
  HUB_LOG: setting(
    'log',
    oneOf('debug', 'info', 'warn', 'error', 'silent'),
    'info',
    'How much is logged (JSON lines on standard error).',
  ),
} as const satisfies Record<string, Setting<unknown>>

type Settings = typeof SETTINGS
type SettingValue<S> = S extends { kind: Kind<infer T>; default: infer D }
  ? D extends string
    ? T
    : T | undefined
  : never

/** What the settings say, by the key of each. */
export type Config = { readonly [N in keyof Settings as Settings[N]['key']]: SettingValue<Settings[N]> }

/**
 * Reads the settings. In: environment variables (those not named HUB_* are ignored; an empty one counts as unset).
 * Throws ConfigFault for an unknown HUB_* name, a value that is not allowed, and open mode on a public address.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  for (const name of Object.keys(env))
    if (name.startsWith('HUB_') && !Object.hasOwn(SETTINGS, name)) throw unknown(name)
  const values = Object.entries(SETTINGS).map(([name, setting]) => [setting.key, valueOf(name, setting, env[name])])
  const config = Object.fromEntries(values) as Config
  refuseOpenToTheWorld(config)
  return config
}

function valueOf(name: string, setting: Setting<unknown>, text: string | undefined): unknown {
  const given = text === undefined || text === '' ? setting.default : text
  if (given === undefined) return undefined
  const value = setting.kind.read(given)
  if (value !== undefined) return value
  const shown = setting.secret ? 'The value given' : `\`${given}\``
  throw new ConfigFault(`${shown} is no value for the setting \`${name}\`: it takes ${setting.kind.allowed}.`)
}

function unknown(name: string): ConfigFault {
  const meant = nearest(name, Object.keys(SETTINGS))
  const advice = meant ? `did you mean \`${meant}\`?` : 'docs/settings.md lists those there are.'
  return new ConfigFault(`There is no setting \`${name}\`: ${advice}`)
}

function refuseOpenToTheWorld(config: Config): void {
  if (config.auth !== 'open' || isLoopback(config.host)) return
  throw new ConfigFault(
    `HUB_AUTH=\`open\` believes every caller and may serve a loopback address only, not HUB_HOST=\`${config.host}\`: set HUB_HOST to 127.0.0.1.`,
  )
}

const isLoopback = (name: string): boolean => name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name)
