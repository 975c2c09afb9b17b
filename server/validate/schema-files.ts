/** The JSON Schemas under profiles/schema: one for each profile of a resource, for vendors to build against. */
import type { Definitions } from '../definitions/definitions.ts'
import type { StructureDefinition } from '../definitions/structures/structures.ts'
import { publishedSchema } from './compile/published-schema.ts'
import { createTerminology } from '../terminology/terminology.ts'

export type SchemaFile = { readonly name: string; readonly text: string }

/** Every schema file as it should be; the same definitions give the same text. */
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

/** A line for each definition: short enough to read, small enough to keep. */
function textOf({ $defs, ...head }: Record<string, unknown>): string {
  const defs = Object.entries($defs as object).map(
    ([name, schema]) => `    ${JSON.stringify(name)}: ${JSON.stringify(schema)}`,
  )
  const opening = JSON.stringify(head, null, 2).slice(0, -2)
  return `${opening},\n  "$defs": {\n${defs.join(',\n')}\n  }\n}\n`
}
