/** The hub's own operations, with their parameters. */
import type { CanonicalResource } from '../../server/definitions/canonical-resource.ts'
import type { Definitions } from '../../server/definitions/definitions.ts'
import { items } from '../../server/fhir/element.ts'
import type { JsonObject } from '../../server/fhir/types.ts'
import { code, page, string, table } from './page.ts'

export function operationsPage(definitions: Definitions): string {
  return page(
    'Operations',
    'In addition to these the hub offers `$validate` on every type and instance (https://hl7.org/fhir/R4/resource-operation-validate.html: `resource`, `mode`, `profile`), and `$status` and `$events` of subscriptions (see [subscriptions](../subscriptions.md)), and the terminology operations of R4 [below](#terminology). An operation that changes nothing is called by GET or POST, the others by POST.',
    ...definitions.published('OperationDefinition').map(section),
    terminology(),
  )
}

function section(operation: CanonicalResource): string {
  const types = (operation.resource ?? []) as readonly string[]
  const levels = [
    operation.type === true ? 'type' : '',
    operation.instance === true ? 'instance' : '',
    operation.system === true ? 'system' : '',
  ]
  const rows = items(operation.parameter).flatMap((one) => parameterRows(one, ''))
  return [
    `## $${string(operation.code)}`,
    string(operation.description),
    `On ${levels.filter((one) => one !== '').join(' and ')}${types.length > 0 ? ` of ${types.map(code).join(', ')}` : ''}. ${operation.affectsState === true ? 'Writes.' : 'Writes nothing.'}`,
    table(['parameter', 'use', 'card.', 'type', 'meaning'], rows),
  ].join('\n\n')
}

/** R4 defines these; the page lists the parameters that the hub supports. */
const TERMINOLOGY: readonly (readonly [operation: string, page: string, parameters: string, answer: string])[] = [
  [
    'ValueSet/$expand',
    'valueset-operation-expand',
    'url valueSet valueSetVersion filter offset count includeDesignations includeDefinition activeOnly excludeNested',
    'The codes, without nesting; at most 1,000 at once, else `too-costly`.',
  ],
  [
    'ValueSet/$validate-code',
    'valueset-operation-validate-code',
    'url valueSet valueSetVersion code system systemVersion display coding codeableConcept abstract',
    'Whether the code is in the value set, and the display belongs to the code. `code-unchecked` if a part of the definition is not available.',
  ],
  [
    'CodeSystem/$lookup',
    'codesystem-operation-lookup',
    'code system version coding property',
    'Display, designations and properties of a code. On the type only.',
  ],
  [
    'CodeSystem/$subsumes',
    'codesystem-operation-subsumes',
    'codeA codeB system version codingA codingB',
    '`equivalent`, `subsumes`, `subsumed-by` or `not-subsumed`.',
  ],
  [
    'CodeSystem/$validate-code',
    'codesystem-operation-validate-code',
    'url codeSystem code version display coding codeableConcept',
    'Whether the code is in the system, and the display belongs to the code.',
  ],
  [
    'ConceptMap/$translate',
    'conceptmap-operation-translate',
    'url conceptMap conceptMapVersion code system version coding codeableConcept targetsystem reverse',
    'The corresponding code of another system.',
  ],
]

function terminology(): string {
  const rows = TERMINOLOGY.map(([operation, name, parameters, answer]) => [
    `[${code(operation)}](https://hl7.org/fhir/R4/${name}.html)`,
    parameters.split(' ').map(code).join(', '),
    answer,
  ])
  return [
    '## Terminology',
    'On the type, and on an instance unless stated otherwise. They use the definitions that the hub publishes and those of R4; units (UCUM), languages, countries, currencies, media types and time zones are checked by their syntax.',
    table(['operation', 'parameters', 'answer'], rows),
  ].join('\n\n')
}

function parameterRows(
  parameter: JsonObject,
  prefix: string,
  use = string(parameter.use),
): readonly (readonly string[])[] {
  const name = `${prefix}${string(parameter.name)}`
  const own = [
    code(name),
    use,
    `${string(parameter.min)}..${string(parameter.max)}`,
    string(parameter.type) || 'parts',
    string(parameter.documentation),
  ]
  return [own, ...items(parameter.part).flatMap((part) => parameterRows(part, `${name}.`, use))]
}
