/** The code systems, value sets and maps hang together. https://hl7.org/fhir/R4/codesystem.html */
import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { CANONICAL_ROOT, codesOf, codeSystems, published, valueOf, type Concept, type Tree } from './read.ts'

/** Properties whose values are codes of another list: code system, property, list. */
const LINKS: readonly (readonly [string, string, string])[] = [
  ['service-catalogue', 'category', 'service-category'],
  ['service-catalogue', 'pirlTraining', 'training-type'],
  ['service-catalogue', 'program', 'program'],
  ['credential-catalogue', 'type', 'credential-type'],
  ['credential-catalogue', 'pirl', 'pirl-credential-type'],
  ['credential-catalogue', 'onet', 'onet-soc'],
  ['credential-type', 'pirl', 'pirl-credential-type'],
  ['transitional-strategy', 'service', 'service-catalogue'],
  ['referral-outcome', 'businessStatus', 'referral-business-status'],
  ['referral-outcome', 'taskStatus', 'referral-task-status'],
  ['efl', 'testLevel', 'test-level'],
  ['barrier', 'restricted', 'restricted-class'],
  ['local-area', 'county', 'county'],
  ...['barrier', 'program', 'race', 'ethnicity', 'msg-type', 'wage-component'].map(
    (id) => [id, 'pirl', 'pirl-element'] as const,
  ),
]
const VALUE: Readonly<Record<string, string>> = {
  code: 'valueCode',
  string: 'valueString',
  integer: 'valueInteger',
  boolean: 'valueBoolean',
}

const all = published('valuesets')
const systems = codeSystems()
const concepts = (id: string): readonly Concept[] => systems.find((system) => system.id === id)?.concept ?? []
const values = (concept: Concept, code: string): unknown[] =>
  (concept.property ?? []).filter((property) => property.code === code).map(valueOf)

/** The codes of a list: of the value set, if it names codes, else of the code system of that id. */
function listed(id: string): ReadonlySet<string> {
  const set = all.find(({ file }) => file.endsWith(`ValueSet-${id}.json`))?.resource
  const include = (set?.compose as { include: { concept?: Concept[] }[] } | undefined)?.include ?? []
  const named = include.flatMap((part) => part.concept ?? []).map((concept) => concept.code)
  return named.length > 0 ? new Set(named) : codesOf(id)
}

describe('the published code lists', () => {
  it('are named after their type and id, and no canonical address stands for two of them', () => {
    const seen = new Map<string, string>()
    for (const { file, resource } of all) {
      assert.equal(basename(file), `${resource.resourceType}-${String(resource.id)}.json`)
      const url = String(resource.url)
      assert.equal(seen.get(url), undefined, `${file} has the url of ${seen.get(url)}`)
      seen.set(url, file)
      if (url.startsWith(CANONICAL_ROOT)) assert.equal(url, `${CANONICAL_ROOT}/${resource.resourceType}/${resource.id}`)
    }
  })

  it('have a display for every code, no code twice, and only properties that they declare, of the declared type', () => {
    for (const system of systems) {
      const codes = system.concept.map((concept) => concept.code)
      assert.equal(new Set(codes).size, codes.length, system.id)
      const types = new Map((system.property ?? []).map((property) => [property.code, property.type]))
      for (const concept of system.concept) {
        assert.ok(concept.display, `${system.id}#${concept.code}`)
        for (const property of concept.property ?? []) {
          const type = types.get(String(property.code)) ?? 'undeclared'
          assert.ok((VALUE[type] ?? '') in property, `${system.id}#${concept.code} ${property.code}`)
        }
      }
    }
  })

  it('name codes of other lists that exist', () => {
    for (const [id, property, list] of LINKS) {
      const listedCodes = listed(list)
      const named = concepts(id).flatMap((concept) => values(concept, property))
      assert.ok(named.length > 0, `${id} has no ${property}`)
      for (const code of named)
        assert.ok(listedCodes.has(String(code)), `${id} ${property} names ${code}, not in ${list}`)
    }
  })

  it('have value sets whose named codes are in the code system, when we publish it', () => {
    for (const { file, resource } of all.filter((one) => one.resource.resourceType === 'ValueSet')) {
      const { include } = resource.compose as { include: { system: string; concept?: Concept[] }[] }
      for (const part of include) {
        const system = systems.find((one) => one.url === part.system)
        if (part.system.startsWith(CANONICAL_ROOT)) assert.ok(system, `${file}: ${part.system}`)
        for (const { code, display } of system ? (part.concept ?? []) : [])
          assert.ok(
            system?.concept.some((one) => one.code === code && one.display === display),
            `${file}: ${code}`,
          )
      }
    }
  })

  it('have maps whose codes exist on our side', () => {
    for (const { file, resource } of all.filter((one) => one.resource.resourceType === 'ConceptMap')) {
      for (const group of resource.group as { source: string; target: string; element: Tree[] }[]) {
        const has = (url: string, code: unknown): boolean =>
          !url.startsWith(CANONICAL_ROOT) ||
          systems.some((system) => system.url === url && system.concept.some((concept) => concept.code === code))
        for (const element of group.element) {
          assert.ok(has(group.source, element.code), `${file}: ${element.code}`)
          for (const target of element.target as Tree[])
            assert.ok(has(group.target, target.code), `${file}: ${target.code}`)
        }
      }
    }
  })
})

describe('the catalogues', () => {
  it('put every one of the 82 counties into exactly one local area', () => {
    const placed = concepts('local-area').flatMap((area) => values(area, 'county'))
    assert.equal(placed.length, 82)
    assert.deepEqual(new Set(placed), codesOf('county'))
  })

  it('never count on-the-job or customized training toward credential attainment (20 CFR 677.155)', () => {
    for (const code of ['on-the-job-training', 'customized-training']) {
      const service = concepts('service-catalogue').find((concept) => concept.code === code)
      assert.deepEqual(service && values(service, 'credentialDenominator'), [false], code)
    }
  })

  it('say of every service its category, and of every guarded one the period of a grant', () => {
    for (const service of concepts('service-catalogue')) {
      assert.equal(values(service, 'category').length, 1, service.code)
      const guarded = values(service, 'duplicateGuard')[0]
      assert.equal(typeof guarded, 'boolean', service.code)
      if (guarded) assert.equal(values(service, 'period').length, 1, service.code)
    }
  })

  it('hold the fourteen youth elements, each once (20 CFR 681.460)', () => {
    const numbers = concepts('service-catalogue').flatMap((service) => values(service, 'youthElement'))
    assert.deepEqual(
      numbers,
      Array.from({ length: 14 }, (_, index) => index + 1),
    )
  })

  it('give every TABE score from 300 to 800 one level, in each subject', () => {
    for (const subject of ['reading', 'math', 'language']) {
      const test = `tabe-11-12-${subject}`
      const levels = concepts('efl').filter((level) => level.code.startsWith('abe-'))
      const bounds = levels.map(
        (level) => [values(level, `${test}-min`)[0], values(level, `${test}-max`)[0]] as number[],
      )
      assert.deepEqual([bounds[0]?.[0], bounds.at(-1)?.[1]], [300, 800], test)
      bounds.slice(1).forEach(([low], index) => assert.equal(low, (bounds[index]?.[1] ?? NaN) + 1, test))
    }
  })

  it('report a credential as its type does, unless it is work readiness', () => {
    const types = new Map(concepts('credential-type').map((type) => [type.code, values(type, 'pirl')[0]]))
    for (const credential of concepts('credential-catalogue')) {
      const [type] = values(credential, 'type')
      const expected = ['ncrc', 'work-readiness'].includes(credential.code) ? '0' : types.get(String(type))
      assert.equal(values(credential, 'pirl')[0], expected, credential.code)
    }
  })
})
