/** What both forms of a patch have in common. https://hl7.org/fhir/R4/http.html#patch */
import assert from 'node:assert/strict'
import { loadDefinitions } from '../../server/definitions/load.ts'
import type { Structures } from '../../server/definitions/structures/structure-definition.ts'
import { serialize } from '../../server/fhir/json.ts'
import { OutcomeError } from '../../server/fhir/outcome.ts'
import { TURN } from '../../server/fhir/turns.ts'
import type { Json, Resource } from '../../server/fhir/types.ts'
import { applyPatch, fhirPathPatchOf, jsonPatchOf, type Patch } from '../../server/patch/patch.ts'
import { ROOT } from '../checks/files.ts'
import { turnsOf } from '../fhir/turns-of.ts'

const LIMIT = 100

const json = (...operations: readonly object[]): Patch => jsonPatchOf(operations as unknown as Json, LIMIT)
const fhirPath = (...parts: readonly object[]): Patch =>
  fhirPathPatchOf(
    { resourceType: 'Parameters', parameter: [{ name: 'operation', part: parts }] } as unknown as Resource,
    LIMIT,
  )

/** Each in both forms: the value of the first note, and one more. */
const replaced = (text: string): readonly Patch[] => [
  json({ op: 'replace', path: '/note/0/text', value: text }),
  fhirPath(
    { name: 'type', valueCode: 'replace' },
    { name: 'path', valueString: 'Goal.note[0].text' },
    { name: 'value', valueString: text },
  ),
]

describe('patch / both forms', () => {
  let structures: Structures
  before(async () => {
    ;({ structures } = await loadDefinitions(ROOT))
  })
  const apply = (patch: Patch, text: string) => applyPatch(patch, { text, setElements: ['startDate'] }, structures)

  it('leaves the text of everything else as it is, to the digit, whatever its size', async () => {
    for (const count of [2, TURN.characters / 10]) {
      const notes = Array.from({ length: count }, (_, index) => `{"text":"${index}"}`)
      const goal = (first: string) =>
        `{"resourceType":"Goal","target":[{"detailQuantity":{"value":1.50}}],"note":[${[first, ...notes].join(',')}]}`
      for (const patch of replaced('x'))
        assert.equal(serialize(await apply(patch, goal('{"text":"y"}'))), goal('{"text":"x"}'))
    }
  })

  it('leaves turns to others while a long record is patched, and none for another', async () => {
    const goal = (count: number) =>
      serialize({ resourceType: 'Goal', note: Array.from({ length: count }, () => ({ text: 'x'.repeat(100) })) })
    const long = goal((5 * TURN.characters) / 100)
    for (const patch of replaced('x')) {
      assert.ok((await turnsOf(() => apply(patch, long))) >= 8)
      assert.equal(await turnsOf(() => apply(patch, goal(10))), 0)
    }
  })

  it('refuses a result that nests deeper than a body may, and a change of what the hub sets', async () => {
    const nested = (depth: number): object => ({ url: 'u', ...(depth > 0 ? { extension: [nested(depth - 1)] } : {}) })
    const deep = serialize({ resourceType: 'Goal', extension: [nested(20)] })
    const patches = [
      json({ op: 'add', path: `${'/extension/0'.repeat(21)}/extension`, value: [nested(20)] }),
      fhirPath(
        { name: 'type', valueCode: 'add' },
        { name: 'path', valueString: `Goal${'.extension[0]'.repeat(21)}` },
        { name: 'name', valueString: 'extension' },
        { name: 'value', valueExtension: nested(20) },
      ),
    ]
    for (const patch of patches) await assert.rejects(apply(patch, deep), refusal('json-too-deep'))
    for (const path of ['/id', '/startDate', '/meta/versionId'])
      await assert.rejects(
        apply(json({ op: 'add', path, value: '1' }), '{"resourceType":"Goal","id":"a","meta":{}}'),
        refusal('patch-reserved'),
      )
  })
})

const refusal = (detail: string) => (error: unknown) =>
  error instanceof OutcomeError && error.issues[0]?.detail === detail
