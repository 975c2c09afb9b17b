/** Every published profile: its elements as it constrains them, and its rules. */
import type { CanonicalResource } from '../../server/definitions/canonical-resource.ts'
import type { Definitions } from '../../server/definitions/definitions.ts'
import { items } from '../../server/fhir/element.ts'
import type { JsonObject } from '../../server/fhir/types.ts'
import { code, page, string, table, tail } from './page.ts'

export function profilesPage(definitions: Definitions): string {
  const published = definitions.published('StructureDefinition')
  const profiles = published.filter((one) => one.type !== 'Extension')
  const extensions = published.filter((one) => one.type === 'Extension')
  return page(
    'Profiles',
    'Each resource is checked against the profile of its type, claimed or not. The JSON Schema of a profile is `profiles/schema/<id>.schema.json`, its samples are under `samples/`. `MS`: the hub keeps and returns the element; who has a value sends it.',
    ...profiles.map(section),
    '## Extensions',
    table(
      ['extension', 'on', 'value', 'what it is'],
      extensions.map((one) => [
        code(string(one.id)),
        items(one.context)
          .map((context) => string(context.expression))
          .join(', '),
        valueOf(one),
        string(one.description) || string(one.title),
      ]),
    ),
  )
}

function section(profile: CanonicalResource): string {
  const elements = items((profile.differential as JsonObject | undefined)?.element)
  const rows = elements.filter((one) => string(one.path).includes('.')).map(row)
  const rules = elements
    .flatMap((one) => items(one.constraint))
    .map((one) => [code(string(one.key)), string(one.severity), string(one.human)])
  return [
    `## ${string(profile.id)}`,
    `${string(profile.title)} (${string(profile.type)}): ${string(profile.description)}`,
    `Canonical: \`${profile.url}\``,
    ...(rows.length > 0 ? [table(['element', 'card.', 'MS', 'binding or value', 'meaning'], rows)] : []),
    ...(rules.length > 0 ? [table(['rule', 'severity', 'meaning'], rules)] : []),
  ].join('\n\n')
}

function row(element: JsonObject): readonly string[] {
  const slice = string(element.sliceName)
  const cardinality =
    element.min === undefined && element.max === undefined ? '' : `${string(element.min)}..${string(element.max)}`
  return [
    code(string(element.path).split('.').slice(1).join('.')) + (slice ? ` (${slice})` : ''),
    cardinality,
    element.mustSupport === true ? 'MS' : '',
    boundTo(element),
    string(element.short),
  ]
}

function boundTo(element: JsonObject): string {
  const binding = items(element.binding)[0]
  if (binding) return `${string(binding.strength)}: ${tail(string(binding.valueSet))}`
  const fixed = Object.entries(element).find(([name]) => /^(fixed|pattern)[A-Z]/.test(name))
  return fixed ? code(JSON.stringify(fixed[1])) : ''
}

function valueOf(extension: CanonicalResource): string {
  const elements = items((extension.differential as JsonObject | undefined)?.element)
  const value = elements.find((one) => string(one.path) === 'Extension.value[x]' && one.max !== '0')
  const parts = elements.flatMap((one) =>
    string(one.path) === 'Extension.extension' && one.sliceName ? [string(one.sliceName)] : [],
  )
  return value
    ? items(value.type)
        .map((type) => string(type.code))
        .join(', ')
    : parts.join(', ')
}
