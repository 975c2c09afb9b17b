/** An example of every error code: the request, and the issue in the answer. */
import type { ErrorCode } from '../../server/fhir/outcome.ts'
import type { Json, JsonObject } from '../../server/fhir/types.ts'
import type { Raised } from '../../test/errors/raised.ts'
import { page } from './page.ts'

export function errorsPage(examples: ReadonlyMap<ErrorCode, Raised>): string {
  return page(
    'Errors by example',
    'What each code of [errors.md](../errors.md) looks like: what was sent, and the issue with the code as it was answered. Long bodies are cut. Where a sample of a profile shows the code, it was sent to `$validate`; the element that the issue speaks of is shown.',
    ...[...examples].map(([code, one]) => example(code, one)),
  )
}

function example(code: ErrorCode, raised: Raised): string {
  const { what, sample, issue, answer } = raised
  const parts = [
    `## \`${code}\``,
    sample === undefined ? what : `[${sample}](../../${sample})`,
    fenced('http', requestOf(raised)),
    `is answered with \`${answer.status}\` and`,
    fenced('json', laid(issue)),
  ]
  return steady(parts.join('\n\n'))
}

const fenced = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\``

function requestOf({ agency, method, path, headers, body, sample, issue }: Raised): string {
  const shown = sample === undefined ? textOf(body) : partOf(JSON.parse(String(body)) as JsonObject, issue)
  const head = [
    `${method} ${clipped(path)}`,
    ...(agency === undefined ? [] : [`X-Agency: ${agency}`]),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${clipped(value)}`),
  ]
  return [...head, ...(shown === undefined ? [] : ['', shown])].join('\n')
}

/** Text is shown as it was sent. */
function textOf(body: unknown): string | undefined {
  if (body === undefined) return undefined
  return shortened(typeof body === 'string' ? clipped(body) : laid(JSON.parse(JSON.stringify(body)) as Json))
}

/** The element of a sample that contains the location of the issue. */
function partOf(resource: JsonObject, issue: JsonObject): string {
  const [expression = ''] = (issue.expression ?? []) as readonly string[]
  const [, name = ''] = /^\w+\.(\w+)/.exec(expression) ?? []
  const [, type = ''] = /^\w+\.\w+\.ofType\((\w+)\)/.exec(expression) ?? []
  const key = [name, `${name}${type.charAt(0).toUpperCase()}${type.slice(1)}`].find((one) => one in resource)
  const shown = key === undefined ? resource : { resourceType: resource.resourceType!, [key]: resource[key]! }
  return shortened(laid(shown))
}

const LINES = 60
/** Maximum number of items of a list that are shown. */
const MOST = 20

function shortened(text: string): string {
  const lines = text.split('\n')
  return lines.length > LINES ? [...lines.slice(0, LINES), '...'].join('\n') : text
}

const clipped = (text: string): string => (text.length > 120 ? `${text.slice(0, 120)}...` : text)

/** JSON with short values on one line, and long texts cut. */
function laid(value: Json, indent = ''): string {
  const flat = flatOf(value)
  if (typeof value !== 'object' || value === null || indent.length + flat.length <= 120) return flat
  const deeper = `${indent}  `
  if (isList(value)) {
    const shown = value.slice(0, MOST).map((one) => deeper + laid(one, deeper))
    return `[\n${[...shown, ...(value.length > MOST ? [`${deeper}...`] : [])].join(',\n')}\n${indent}]`
  }
  const members = membersOf(value).map(([name, one]) => `${deeper}"${name}": ${laid(one, deeper)}`)
  return `{\n${members.join(',\n')}\n${indent}}`
}

function flatOf(value: Json): string {
  if (typeof value === 'string') return JSON.stringify(/\s/.test(value) ? value : clipped(value))
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (isList(value)) return `[${value.map(flatOf).join(', ')}]`
  const members = membersOf(value).map(([name, one]) => `"${name}": ${flatOf(one)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
const membersOf = (value: object) => Object.entries(value) as (readonly [string, Json])[]

/** Without values that differ each time: the id of a request, the hub id of a participant. */
const steady = (text: string): string =>
  text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'the-id-of-the-request')
    .replace(/\bMS\d{10}\b/g, 'MS0000000000')
