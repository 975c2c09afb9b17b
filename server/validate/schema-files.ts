/** The JSON Schemas under profiles/schema: one for each profile of a resource, for the validators of vendors. */
import type { Definitions } from '../definitions/definitions.ts'
import type { StructureDefinition } from '../definitions/structures/structure-definition.ts'
import { publishedSchema } from './compile/published-schema.ts'
import { createTerminology } from '../terminology/terminology.ts'

export type SchemaFile = { readonly name: string; readonly text: string }

/** Every schema file; the same definitions give the same text. */
export function schemaFiles(definitions: Definitions): readonly SchemaFile[] {
  const terminology = createTerminology(definitions)
  return definitions
    .published('StructureDefinition')
    .filter((one) => (one as StructureDefinition).kind === 'resource' && one.abstract !== true)
    .map((one) => ({
      name: `${String(one.id)}.schema.json`,
      text: textOf(publishedSchema(one.url, { structures: definitions.structures, terminology })),
    }))
}

/** Formats a schema with one line for each definition. */
function textOf({ $defs, ...head }: Record<string, unknown>): string {
  const defs = Object.entries($defs as object).map(
    ([name, schema]) => `    ${JSON.stringify(name)}: ${JSON.stringify(schema)}`,
  )
  const opening = JSON.stringify(head, null, 2).slice(0, -2)
  return `${opening},\n  "$defs": {\n${defs.join(',\n')}\n  }\n}\n`
}
