/** FHIR in XML: reads and writes what is JSON inside the hub. https://hl7.org/fhir/R4/xml.html */
import { parseJsonInTurns } from '../../fhir/json-in-turns.ts'
import type { Position } from '../../fhir/position.ts'
import type { Json, JsonObject } from '../../fhir/types.ts'
import type { Structures } from '../structures/structure-definition.ts'
import { createXmlLocator } from './locate.ts'
import { readXml } from './read.ts'
import { createShapes, type Shapes } from './shape.ts'
import { writeXml } from './write.ts'

export type XmlFormat = {
  /** What `parseJson` gives for the JSON form. @throws OutcomeError `xml-malformed`, `xml-structure`, `xml-too-deep` */
  read(text: string, options?: { readonly depth?: number }): Promise<Json>
  /** The XML of a resource that is JSON text: in the order of the definitions, numbers as written. */
  write(json: string, options?: { readonly pretty?: boolean }): Promise<string>
  /** Line and column of an expression in a text that has been read; undefined for a text too large to read twice. */
  locate(text: string): (expression: string) => Position | undefined
}

/** @param structures those of R4: what the hub publishes and what is posted only constrains them */
export function createXmlFormat(structures: Structures): XmlFormat {
  let made: Shapes | undefined
  const shapes = (): Shapes => (made ??= createShapes(structures))
  return {
    read: (text, { depth } = {}) => readXml(text, shapes(), depth),
    write: async (json, options) => writeXml(await parsed(json), shapes(), options),
    locate: (text) => (text.length > MOST_LOCATED ? () => undefined : createXmlLocator(text)),
  }
}

/** The hub's own text may have what it refuses from others: half of a character, where a long value was cut. */
async function parsed(json: string): Promise<JsonObject> {
  try {
    return (await parseJsonInTurns(json, { depth: OWN_DEPTH })).value as JsonObject
  } catch {
    return JSON.parse(json) as JsonObject
  }
}

/** Characters. */
const MOST_LOCATED = 1_000_000

/** An answer wraps what was sent in a Bundle. */
const OWN_DEPTH = 1000
