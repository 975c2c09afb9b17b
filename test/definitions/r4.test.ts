/** The types of R4, each with the elements that HL7 published and no others. https://hl7.org/fhir/R4/resourcelist.html */
import assert from 'node:assert/strict'
import path from 'node:path'
import { readDigests } from '../../scripts/r4/digests.ts'
import { createDefinitions, loadDefinitions } from '../../server/definitions/load.ts'
import type { ElementNode } from '../../server/definitions/structures/element.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const BASE = 'http://hl7.org/fhir/StructureDefinition/'
const FOLDER = path.join(ROOT, 'server', 'definitions', 'r4')

const definitions = createDefinitions([])
const { structures } = definitions

/** The resource types, data types and primitive types: what R4 defines, not what it constrains. */
const TYPES = readDigests(FOLDER).filter(({ url }) => {
  const found = structures.find(url)
  return found && found.kind !== 'logical' && found.derivation !== 'constraint'
})
const nameOf = (url: string): string => url.slice(BASE.length)

describe('definitions / R4 / the types', () => {
  it('are 146 resource types, with those that others build on, and 61 data types', () => {
    const resources = TYPES.filter(({ url }) => structures.find(url)?.kind === 'resource').map(({ url }) => nameOf(url))
    assert.deepEqual(
      resources.filter((name) => !definitions.isResourceType(name)),
      ['DomainResource', 'Resource'],
    )
    assert.equal(definitions.resourceTypes.size, 146)
    assert.equal(TYPES.length - resources.length, 61)
  })

  it('are not those of other versions', () => {
    for (const name of ['SubscriptionStatus', 'SubscriptionTopic', 'ActorDefinition', 'Citation', 'Ingredient'])
      assert.equal(definitions.isResourceType(name), false, name)
  })

  for (const { url, elements } of TYPES) {
    it(`${nameOf(url)} has the elements of R4, and no others`, () => {
      assert.deepEqual(pathsIn(structures.tree(url), nameOf(url)).sort(), [...elements.keys()].sort())
    })
  }
})

/** What the definition itself says; the elements of a data type are those of its own definition. */
const pathsIn = (node: ElementNode, at: string): string[] => [
  at,
  ...[...node.children].flatMap(([name, child]) => pathsIn(child, `${at}.${name}`)),
]

describe('definitions / R4 / what the hub offers in open mode', () => {
  it('is every resource type of R4 that is a record, and only search parameters of R4', async () => {
    const open = await loadDefinitions(ROOT, { everyType: () => true })
    const messages = ['OperationOutcome', 'Parameters']
    assert.deepEqual(
      open.capabilities.map((one) => one.type),
      [...definitions.resourceTypes].filter((type) => !messages.includes(type)).sort(),
    )
    const offered = (type: string) => open.capability(type)?.searchParameters.map((one) => one.code) ?? []
    assert.ok(!offered('DetectedIssue').includes('status'))
    assert.ok(!offered('DeviceDefinition').includes('classification'))
    assert.ok(!offered('ServiceRequest').includes('order-detail'))
    assert.ok(!offered('Patient').includes('part-agree'))
    assert.ok(offered('Patient').includes('mothersMaidenName'))
  })
})
