/** The operations of the hub's own, with their parameters. */
import type { Canonical, Definitions } from '../../server/definitions/definitions.ts'
import { items } from '../../server/fhir/element.ts'
import type { JsonObject } from '../../server/fhir/types.ts'
import { code, page, string, table } from './page.ts'

export function operationsPage(definitions: Definitions): string {
  return page(
    'Operations',
    'Besides these the hub offers `$validate` on every type and instance (https://hl7.org/fhir/R4/resource-operation-validate.html: `resource`, `mode`, `profile`), and `$status` and `$events` of subscriptions (see [subscriptions](../subscriptions.md)). An operation that changes nothing is called by GET or POST, the others by POST.',
    ...definitions.published('OperationDefinition').map(section),
  )
}

function section(operation: Canonical): string {
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
    `On ${levels.filter((one) => one !== '').join(' and ')} of ${types.map(code).join(', ')}. ${operation.affectsState === true ? 'Writes.' : 'Writes nothing.'}`,
    table(['parameter', 'use', 'card.', 'type', 'meaning'], rows),
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
