/** The copy of R4: made of the published definitions, and checked by its digests or by the published file. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { checkDigests, differencesFromDigests } from '../../scripts/r4/check.ts'
import { copyOf, FOLDER, readCopy, writeCopy } from '../../scripts/r4/copy.ts'
import { elementId, elementsOf, type Definition, type JsonObject } from '../../scripts/r4/definition.ts'
import { corrected, DIFFERENCES } from '../../scripts/r4/differences.ts'
import { digestsOf, readDigests, writeDigests } from '../../scripts/r4/digests.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const BASE = 'http://hl7.org/fhir/StructureDefinition'
const copy = readCopy(FOLDER)
const digests = readDigests(FOLDER)

describe('scripts / R4 / the copy of the repository', () => {
  it('has an element for each digest, and no other', () => {
    assert.deepEqual(checkDigests(FOLDER), [])
  })

  it('has a digest for each element of each type of R4', () => {
    const types = digests.filter((one) => one.resourceType === 'StructureDefinition')
    const elements = types.reduce((sum, one) => sum + one.elements.size, 0)
    assert.ok(types.length > 650 && elements > 10_000, `${elements} elements of ${types.length} structures`)
  })

  const element = (id: string, change: (one: JsonObject) => void) => (definition: Definition) =>
    change(elementsOf(definition).find((one) => elementId(one) === id) ?? assert.fail(id))
  const typesOf = (one: JsonObject): JsonObject[] => one.type as JsonObject[]
  const constraintsOf = (one: JsonObject): JsonObject[] => one.constraint as JsonObject[]

  const CHANGES: readonly [title: string, url: string, (definition: Definition) => unknown, found: RegExp][] = [
    [
      'another cardinality',
      `${BASE}/Patient`,
      element('Patient.gender', (one) => (one.max = '*')),
      /^Patient.gender of /,
    ],
    [
      'another type',
      `${BASE}/Patient`,
      element('Patient.name', (one) => (one.type = [{ code: 'string' }])),
      /^Patient.name /,
    ],
    [
      'another target',
      `${BASE}/Patient`,
      element('Patient.managingOrganization', (one) => ((typesOf(one)[0] as JsonObject).targetProfile = [])),
      /^Patient.managingOrganization of /,
    ],
    [
      'another binding',
      `${BASE}/DetectedIssue`,
      element('DetectedIssue.status', (one) => (one.binding = { strength: 'required', valueSet: 'http://x.example' })),
      /^DetectedIssue.status of /,
    ],
    [
      'another constraint',
      `${BASE}/Timing`,
      element('Timing.repeat', (one) => ((constraintsOf(one)[0] as JsonObject).expression = 'true')),
      /^Timing.repeat of /,
    ],
    [
      'another fixed value',
      `${BASE}/patient-nationality`,
      element('Extension.url', (one) => (one.fixedUri = 'urn:x')),
      /^Extension.url of /,
    ],
    [
      'an element that R4 does not have',
      `${BASE}/Meta`,
      (definition) => (elementsOf(definition) as JsonObject[]).push({ path: 'Meta.project', min: 0, max: '1' }),
      /^Meta.project of /,
    ],
    [
      'an element that is missing',
      `${BASE}/Meta`,
      (definition) => (elementsOf(definition) as JsonObject[]).pop(),
      /^Meta.tag of /,
    ],
    [
      'another element of a profile',
      `${BASE}/bp`,
      element('Observation.code', (one) => (one.max = '2')),
      /^Observation.code /,
    ],
    [
      'another base',
      `${BASE}/Patient`,
      (definition) => (definition.baseDefinition = `${BASE}/Resource`),
      /Patient differs/,
    ],
    [
      'a code system without its codes',
      'http://hl7.org/fhir/administrative-gender',
      (one) => (one.concept = []),
      /administrative-gender differs/,
    ],
    [
      'another value set',
      'http://hl7.org/fhir/ValueSet/days-of-week',
      (one) => (one.compose = {}),
      /days-of-week differs/,
    ],
    [
      'another search parameter',
      'http://hl7.org/fhir/SearchParameter/Patient-link',
      (one) => (one.expression = 'Patient.link'),
      /Patient-link differs/,
    ],
  ]
  for (const [title, url, change, found] of CHANGES) {
    it(`is found out by ${title}`, () => {
      const differences = differencesOf(url, change)
      assert.equal(differences.length, 1, differences.join('\n'))
      assert.match(String(differences[0]), found)
    })
  }

  it('is found out by a definition that is missing, and by one that R4 does not have', () => {
    const [first, ...others] = copy.structures
    const foreign = { ...(first as Definition), url: `${BASE}/SubscriptionStatus` }
    assert.deepEqual(differencesFromDigests({ ...copy, structures: others }, digests), [`${first?.url} is missing.`])
    assert.deepEqual(differencesFromDigests({ ...copy, structures: [...copy.structures, foreign] }, digests), [
      `${BASE}/SubscriptionStatus is not of R4.`,
    ])
  })

  for (const { definition, element: id, property, published } of DIFFERENCES.corrections) {
    it(`is found out by \`${property}\` of ${id ?? definition} left as it was published`, () => {
      const steps = property.split('.')
      const last = String(steps.at(-1))
      const undo = (one: Definition): void => {
        let holder: unknown = id ? elementsOf(one).find((each) => elementId(each) === id) : one
        for (const step of steps.slice(0, -1))
          holder = Array.isArray(holder)
            ? (holder as JsonObject[]).find((each) => each.key === step)
            : (holder as JsonObject)[step]
        ;(holder as JsonObject)[last] = published
      }
      const differences = differencesOf(definition, undo)
      assert.deepEqual(differences, [`\`${property}\` of ${definition} is not as differences.json corrects it.`])
    })
  }

  it('gives a reason and a source for every difference from R4', () => {
    const { corrections, additions, omissions } = DIFFERENCES
    for (const { why, sources } of [...corrections, ...additions, ...omissions]) {
      assert.match(why, /\.$/)
      assert.ok(sources.length > 0 && sources.every((one) => one.startsWith('https://')), why)
    }
  })

  it('refuses a correction of what is not published so', () => {
    const timing = copy.structures.find((one) => one.url === `${BASE}/Timing`) as Definition
    assert.throws(() => corrected(timing), /bring scripts\/r4\/differences.json up to date/)
  })
})

/** What is found in one definition of the copy when it is changed; the others have no difference, as the first test says. */
function differencesOf(url: string, change: (definition: Definition) => unknown): readonly string[] {
  const changed = (list: readonly Definition[]): readonly Definition[] =>
    list
      .filter((one) => one.url === url)
      .map((one) => {
        const clone = structuredClone(one)
        change(clone)
        return clone
      })
  const { structures, terminology, searchParameters } = copy
  return differencesFromDigests(
    {
      structures: changed(structures),
      terminology: changed(terminology),
      searchParameters: changed(searchParameters),
    },
    digests.filter((one) => one.url === url),
  )
}

describe('scripts / R4 / a copy on disk', () => {
  let folder: string
  before(() => (folder = mkdtempSync(path.join(tmpdir(), 'r4-'))))
  after(() => rmSync(folder, { recursive: true }))

  /** `Coding` as HL7 publishes it, in short: with ids, narratives, mappings and `ele-1`. */
  const CODING = {
    resourceType: 'StructureDefinition',
    id: 'Coding',
    text: { status: 'generated', div: '<div>...</div>' },
    url: `${BASE}/Coding`,
    version: '4.0.1',
    name: 'Coding',
    kind: 'complex-type',
    abstract: false,
    type: 'Coding',
    baseDefinition: `${BASE}/Element`,
    derivation: 'specialization',
    snapshot: {
      element: [
        { id: 'Coding', path: 'Coding', short: 'A reference to a code', min: 0, max: '*', mapping: [{ map: 'CV' }] },
        {
          id: 'Coding.id',
          path: 'Coding.id',
          min: 0,
          max: '1',
          type: [
            {
              extension: [{ url: `${BASE}/structuredefinition-fhir-type`, valueUrl: 'string' }],
              code: 'http://hl7.org/fhirpath/System.String',
            },
          ],
        },
        {
          id: 'Coding.system',
          path: 'Coding.system',
          definition: 'The identification of the code system.',
          min: 0,
          max: '1',
          type: [{ code: 'uri' }],
          constraint: [{ key: 'ele-1', severity: 'error', human: 'Not empty', expression: 'true' }],
        },
      ],
    },
  }
  const publish = (name: string, ...definitions: readonly object[]): string => {
    const file = path.join(folder, name)
    writeFileSync(file, gzipSync(definitions.map((one) => JSON.stringify(one)).join('\n')))
    return file
  }
  const run = (...args: readonly string[]) => {
    const command = [
      '--import',
      './server/typescript/register.mjs',
      'scripts/r4.ts',
      '--folder',
      path.join(folder, 'copy'),
      ...args,
    ]
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: ROOT, encoding: 'utf8' })
    return { status, output: stdout + stderr }
  }
  const bytes = (): readonly string[] =>
    readdirSync(path.join(folder, 'copy')).map((name) => readFileSync(path.join(folder, 'copy', name), 'base64'))

  it('is the same when it is made again, agrees with its file, and with no other', function () {
    this.timeout(60_000)
    const file = publish('published.ndjson.gz', CODING)
    assert.equal(run(file).status, 0)
    const first = bytes()
    assert.equal(run(file).status, 0)
    assert.deepEqual(bytes(), first)
    assert.equal(run('--check').status, 0)
    assert.equal(run('--check', file).status, 0)

    const other = structuredClone(CODING)
    other.snapshot.element[2] = { ...other.snapshot.element[2], max: '*' } as never
    const differing = run('--check', publish('other.ndjson.gz', other))
    assert.equal(differing.status, 1)
    assert.match(differing.output, /^Coding.system of \S+\/Coding differs from the published element\.$/m)
    assert.match(differing.output, /^In digests.txt.gz: Coding.system of /m)
  })

  it('says what to do without a file, or with one that is not there', () => {
    assert.deepEqual(run(), {
      status: 2,
      output:
        'Name the published definitions of R4 (4.0.1): `node --import ./server/typescript/register.mjs scripts/r4.ts FILE`.\n',
    })
    assert.match(run('none.ndjson.gz').output, /There is no file `none.ndjson.gz`/)
  })

  it('is found out by a file that changed, and by an index that does not fit', () => {
    const target = path.join(folder, 'changed')
    const small = copyOf([CODING])
    writeCopy(small, target)
    writeDigests(
      [digestsOf(CODING)].flatMap((one) => one ?? []),
      target,
    )
    assert.deepEqual(checkDigests(target), [])

    const other = structuredClone(small.structures[0]) as Definition
    elementsOf(other).forEach((one) => (one.max = '7'))
    writeCopy({ ...small, structures: [other] }, target)
    assert.equal(checkDigests(target).length, 3)

    writeFileSync(
      path.join(target, 'index.json.gz'),
      gzipSync(JSON.stringify({ resourceTypes: ['Coding'], files: { structures: {}, terminology: {} } })),
    )
    assert.deepEqual(checkDigests(target).slice(3), [
      `The index does not lead to ${BASE}/Coding.`,
      'The resource types of the index are not those of the structures.',
    ])
  })
})
