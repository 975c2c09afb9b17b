import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { loadDefinitions } from '../../../server/definitions/load.ts'
import type { Definitions } from '../../../server/definitions/definitions.ts'
import { createXmlFormat, type XmlFormat } from '../../../server/definitions/xml/format.ts'
import { createShapes } from '../../../server/definitions/xml/shape.ts'
import { sameAsWritten } from '../../../server/fhir/decimals.ts'
import { parseJson } from '../../../server/fhir/json.ts'
import { createRandom } from '../../../scripts/random.ts'
import { ROOT, sourceFiles } from '../../checks/files.ts'
import { randomResource } from './random-resource.ts'

/** `XML_RUNS=20000` asks for more random resources. */
const RUNS = Number(process.env['XML_RUNS'] ?? 400)

let definitions: Definitions
let xml: XmlFormat

async function assertIdentity(json: string, name: string): Promise<void> {
  const value = parseJson(json).value
  for (const pretty of [false, true]) {
    const text = await xml.write(json, { pretty })
    const back = await xml.read(text)
    if (!sameAsWritten(value, back)) assert.deepEqual(back, value, `${name}: ${text}`)
    assert.ok(sameAsWritten(value, back), `the digits of ${name}`)
  }
}

describe('JSON to XML to JSON is the same', () => {
  before(async () => {
    definitions = await loadDefinitions(ROOT)
    xml = createXmlFormat(definitions.structures)
  })

  it('for every sample that can be one resource in XML', async () => {
    const files = sourceFiles('samples', ['.json']).filter((file) => /\/(valid-|seed\/)/.test(file))
    const texts = files.map((file) => readFileSync(`${ROOT}/${file}`, 'utf8'))
    const resources = texts.map((text, index) => [text, files[index]!] as const).filter(([text]) => isResource(text))
    assert.ok(resources.length > 100, String(resources.length))
    for (const [text, file] of resources) await assertIdentity(text, file)
  })

  it('for one resource of every type of R4, with every element of its first two levels', async () => {
    const shapes = createShapes(definitions.structures)
    assert.ok(definitions.resourceTypes.size > 140)
    for (const type of definitions.resourceTypes) {
      await assertIdentity(randomResource(type, shapes, createRandom(1), 0.07), type)
      await assertIdentity(everyElement(type), type)
    }
  })

  it(`for ${RUNS} random resources`, async () => {
    const shapes = createShapes(definitions.structures)
    const types = [...definitions.resourceTypes]
    for (let seed = 1; seed <= RUNS; seed++) {
      const random = createRandom(seed)
      await assertIdentity(randomResource(random.pick(types), shapes, random, 0.15), `seed ${seed}`)
    }
  })

  /** Each property of the type once, in the order of the alphabet, so that the order must be made. */
  function everyElement(type: string): string {
    const shapes = createShapes(definitions.structures)
    const members = [...shapes.resource(type)!.values()]
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map(({ name, kind, repeats }) => {
        const value = VALUES[kind]
        return `"${name}":${repeats ? `[${value}]` : value}`
      })
    return `{"resourceType":"${type}",${members.join(',')}}`
  }
})

const VALUES = {
  attribute: '"a"',
  string: '"text"',
  number: '1.50',
  boolean: 'false',
  xhtml: '"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">x</div>"',
  complex: '{"id":"x"}',
  resource: '{"resourceType":"Basic","id":"b"}',
}

const isResource = (text: string): boolean => {
  const value = parseJson(text).value as { resourceType?: unknown } | null
  return typeof value?.resourceType === 'string'
}
