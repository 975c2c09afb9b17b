/** The sample agencies: what they name exists, and every referral rule finds one provider in every area. */
import assert from 'node:assert/strict'
import { CANONICAL_ROOT, codesOf, codeSystems, published, valueOf, walk, type Tree } from './read.ts'

const seed = published('samples/seed')
const rules = published('capability/rules').flatMap(({ resource }) => (resource.action ?? []) as Tree[])
const extensions = (holder: Tree, name: string): unknown[] =>
  ((holder.extension ?? []) as Tree[])
    .filter((part) => part.url === `${CANONICAL_ROOT}/StructureDefinition/${name}`)
    .map(valueOf)

describe('the sample agencies', () => {
  it('refer only to each other', () => {
    const keys = new Set(seed.map(({ resource }) => `${resource.resourceType}/${String(resource.id)}`))
    assert.equal(keys.size, seed.length)
    for (const { file, resource } of seed)
      walk(resource, ({ reference }) => {
        if (reference !== undefined) assert.ok(keys.has(String(reference)), `${file} names ${reference}`)
      })
  })

  it('use only codes that are published, with the published display', () => {
    const systems = codeSystems()
    for (const { file, resource } of [...seed, ...published('capability')])
      walk(resource, ({ system, code, display }) => {
        const list = systems.find((one) => one.url === system)
        if (!list) return assert.ok(!String(system).startsWith(`${CANONICAL_ROOT}/CodeSystem/`), `${file}: ${system}`)
        const found = list.concept.find((concept) => concept.code === code)
        assert.ok(found, `${file}: ${code} is not in ${list.id}`)
        if (display !== undefined) assert.equal(display, found.display, file)
      })
  })

  it('serve each program of a referral rule by exactly one provider in each local area', () => {
    const programs = seed.filter(({ resource }) => resource.resourceType === 'HealthcareService')
    const programsOfRules = rules.flatMap((rule) => extensions(rule, 'ext-rule-program'))
    assert.ok(programsOfRules.length > 0)
    for (const program of programsOfRules)
      for (const area of codesOf('local-area')) {
        const serving = programs.filter(({ resource }) => {
          const [type] = resource.type as { coding: Tree[] }[]
          return type?.coding[0]?.code === program && extensions(resource, 'ext-local-area').includes(area)
        })
        assert.equal(serving.length, 1, `${String(program)} in ${area}`)
      }
  })

  it('are nobody real: mail goes to example.org, phones are the numbers kept for stories', () => {
    for (const { file, resource } of seed)
      walk(resource, ({ system, value }) => {
        if (system === 'email') assert.match(String(value), /@example\.org$/, file)
        if (system === 'phone') assert.match(String(value), /^\d{3}-555-01\d\d$/, file)
      })
  })
})
