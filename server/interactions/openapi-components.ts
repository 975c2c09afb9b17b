/** What the paths of the OpenAPI document share: schemas, responses, headers. https://spec.openapis.org/oas/v3.1.0#components-object */
import { ERRORS } from '../fhir/outcome.ts'
import type { JsonObject } from '../fhir/types.ts'
import type { CapabilityNeeds } from './capabilities.ts'
import type { RoutedOperation } from './routes.ts'

export type OpenApiNeeds = Pick<CapabilityNeeds, 'definitions' | 'routed' | 'formats' | 'version'> & {
  readonly operations: readonly (CapabilityNeeds['operations'][number] & Pick<RoutedOperation, 'affectsState'>)[]
}

export function components(needs: OpenApiNeeds): JsonObject {
  return {
    schemas: schemas(needs),
    responses: refusals(needs),
    parameters: HEADERS,
    securitySchemes: {
      agency: {
        type: 'apiKey',
        in: 'header',
        name: 'X-Agency',
        description: 'The id of the calling agency, where the hub trusts it (HUB_AUTH=open); the board without it.',
      },
    },
  }
}

/** The content of a body or response in every format. */
export const inEveryFormat = ({ formats }: OpenApiNeeds, schema: JsonObject): JsonObject =>
  Object.fromEntries(formats.filter((format) => format.includes('/')).map((format) => [format, { schema }]))

export const schemaOf = (type: string): JsonObject => ({ $ref: `#/components/schemas/${type}` })

/** Messages beside the types that are held. */
const MESSAGES = ['Bundle', 'CapabilityStatement', 'OperationOutcome', 'Parameters']

function schemas({ definitions }: OpenApiNeeds): JsonObject {
  const types = new Set([...definitions.capabilities.map(({ type }) => type), ...MESSAGES])
  const profiles = (type: string): readonly string[] => definitions.capability(type)?.profiles ?? []
  const rows = [...types].sort().map((type): [string, JsonObject] => [
    type,
    {
      type: 'object',
      title: type,
      description: [`https://hl7.org/fhir/R4/${type.toLowerCase()}.html`, ...profiles(type)].join(' '),
      properties: { resourceType: { const: type }, id: { type: 'string' }, meta: { type: 'object' } },
      required: ['resourceType'],
    },
  ])
  const resource = { type: 'object', properties: { resourceType: { type: 'string' } }, required: ['resourceType'] }
  return { Resource: resource, ...Object.fromEntries(rows) }
}

/** One response for each status of the table of errors, with the codes that it may have. */
function refusals(needs: OpenApiNeeds): JsonObject {
  const codes = new Map<number, string[]>()
  for (const [code, [status]] of Object.entries(ERRORS)) {
    if (status >= 400) codes.set(status, [...(codes.get(status) ?? []), code])
  }
  const rows = [...codes].sort().map(([status, list]): [string, JsonObject] => [
    String(status),
    {
      description: `An OperationOutcome; \`details.coding\` is one of ${list.map((one) => `\`${one}\``).join(', ')}.`,
      content: inEveryFormat(needs, schemaOf('OperationOutcome')),
    },
  ])
  return Object.fromEntries(rows)
}

export const refusal = (status: number): JsonObject => ({ $ref: `#/components/responses/${status}` })

const header = (name: string, description: string): JsonObject => ({
  name,
  in: 'header',
  required: false,
  schema: { type: 'string' },
  description,
})

const query = (name: string, description: string): JsonObject => ({ ...header(name, description), in: 'query' })

/** By the name that `shared` takes. */
const HEADERS: JsonObject = {
  IfMatch: header('If-Match', 'The version that is changed, as in ETag: `W/"3"`.'),
  IfNoneMatch: header(
    'If-None-Match',
    'Answers 304 where the record is at this version; `*` in an update: only if there is none.',
  ),
  IfModifiedSince: header('If-Modified-Since', 'Answers 304 where the record has not changed since.'),
  IfNoneExist: header('If-None-Exist', 'Creates only where this search finds nothing.'),
  Prefer: header(
    'Prefer',
    '`return=minimal`, `representation` or `OperationOutcome`; `handling=strict` or `lenient`; `respond-async`.',
  ),
  XRequestId: header('X-Request-Id', 'The id of the request, which the response repeats and the log has.'),
  Format: query('_format', '`json`, `xml` or a media type; wins over Accept.'),
  Pretty: query('_pretty', '`true` lays the response out for people.'),
}

export const shared = (name: string): JsonObject => ({ $ref: `#/components/parameters/${name}` })
