/** The parts of a differential run: mutants that are the same again, verdicts that are asked once, the figures. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { classOf } from '../../scripts/differential/explained.ts'
import { mutantsOf, patched, type Mutant } from '../../scripts/differential/generate.ts'
import { verdictsOf } from '../../scripts/differential/judge.ts'
import { FAULTS, OF_GUIDES, VARIANTS } from '../../scripts/differential/mutators/index.ts'
import { createRandom } from '../../scripts/differential/random.ts'
import { agrees, report, withAnyExtension, type Compared } from '../../scripts/differential/report.ts'
import { seedsIn, seedsOf, type Seed } from '../../scripts/differential/seeds.ts'
import type { Definitions } from '../../server/definitions/definitions.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import type { Issue } from '../../server/fhir/outcome.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const KINDS = { ...FAULTS, ...VARIANTS }
const COUNT = 10 * Object.keys(KINDS).length

describe('differential / mutants', () => {
  let definitions: Definitions
  let seeds: readonly Seed[]
  let mutants: readonly Mutant[]
  before(async () => {
    definitions = await loadDefinitions(ROOT)
    seeds = seedsIn(ROOT)
    mutants = mutantsOf(seeds, { number: 7, count: COUNT, definitions })
  })

  it('are the same for the same number, and others for another', () => {
    assert.deepEqual(mutantsOf(seeds, { number: 7, count: COUNT, definitions }), mutants)
    assert.notDeepEqual(mutantsOf(seeds, { number: 8, count: COUNT, definitions }), mutants)
  })

  it('begin as those of a shorter run do', () => {
    assert.deepEqual(mutantsOf(seeds, { number: 7, count: 20, definitions }), mutants.slice(0, 20))
  })

  it('are what their patch makes of their seed, each another, and none its seed', () => {
    const texts = new Set(seeds.map(({ resource }) => JSON.stringify(resource)))
    for (const { seed, patch, resource } of mutants) {
      const from = seeds.find(({ name }) => name === seed)
      assert.ok(from && patch.length > 0)
      assert.deepEqual(patched(from.resource, patch), resource)
      const text = JSON.stringify(resource)
      assert.ok(!texts.has(text), `${seed} ${JSON.stringify(patch)} is there already`)
      texts.add(text)
    }
  })

  it('are of every kind alike, and some are changed twice', () => {
    assert.ok(mutants.length > COUNT * 0.95, `${mutants.length} of ${COUNT}`)
    for (const [kind, mutators] of Object.entries(KINDS)) {
      const count = mutants.filter(({ mutations }) => mutators.some(({ name }) => name === mutations[0])).length
      assert.ok(count >= 8, `${count} mutants of the kind ${kind}`)
    }
    const twice = mutants.filter(({ mutations }) => mutations.length === 2).length
    assert.ok(twice > COUNT / 5 && twice < COUNT / 2, `${twice} of ${COUNT}`)
  })

  it('of a guide also break what its profiles narrow', () => {
    const found = mutantsOf(seeds, {
      number: 7,
      count: 10 * (Object.keys(KINDS).length + 5),
      definitions,
      isOfGuide: true,
    })
    for (const mutators of Object.values(OF_GUIDES)) {
      const count = found.filter(({ mutations }) => mutators.some(({ name }) => name === mutations[0])).length
      assert.ok(count >= 8, `${count} mutants by ${mutators.map(({ name }) => name).join(', ')}`)
    }
  })

  it('have mutators of different names', () => {
    const names = Object.values({ ...KINDS, ...OF_GUIDES }).flatMap((mutators) => mutators.map(({ name }) => name))
    assert.equal(new Set(names).size, names.length)
  })
})

describe('differential / seeds of a folder', () => {
  let folder: string
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'nwd-seeds-'))))
  afterEach(() => rmSync(folder, { recursive: true }))

  it('are its resources, by name, and nothing else', () => {
    writeFileSync(path.join(folder, 'b.json'), '\uFEFF{"resourceType":"Patient"}')
    writeFileSync(path.join(folder, 'a.json'), '{"resourceType":"Task"}')
    writeFileSync(path.join(folder, 'package.json'), '{"name":"x"}')
    writeFileSync(path.join(folder, 'c.txt'), 'x')
    assert.deepEqual(seedsOf(folder), [
      { name: 'a.json', resource: { resourceType: 'Task' } },
      { name: 'b.json', resource: { resourceType: 'Patient' } },
    ])
  })

  it('must be some', () => {
    assert.throws(() => seedsOf(folder), /There is no resource in/)
  })
})

describe('differential / numbers', () => {
  it('are the same row for the same seeds, and within bounds', () => {
    const row = (...seeds: readonly number[]) => {
      const random = createRandom(...seeds)
      return Array.from({ length: 200 }, () => random.int(6))
    }
    assert.deepEqual(row(1, 2), row(1, 2))
    assert.notDeepEqual(row(1, 2), row(2, 1))
    assert.deepEqual([...new Set(row(3))].sort(), [0, 1, 2, 3, 4, 5])
    assert.deepEqual([...createRandom(1).shuffle([1, 2, 3, 4])].sort(), [1, 2, 3, 4])
  })
})

/** Takes what has the word `good` for valid; writes down what it was asked. */
const JUDGE = `
const { readFileSync, appendFileSync } = require('node:fs')
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { file } = JSON.parse(line)
  const text = readFileSync(file, 'utf8')
  appendFileSync(process.argv[1], text + '\\n')
  if (text === 'broken') return console.log(JSON.stringify({ file, failed: 'no JSON' }))
  const issues = text === 'good' ? [] : [{ severity: 'error', path: 'x', id: 'y', message: 'z' }]
  console.log(JSON.stringify({ file, valid: text === 'good', issues }))
})`

describe('differential / the other validator', () => {
  let folder: string
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'nwd-differential-'))))
  afterEach(() => rmSync(folder, { recursive: true }))

  it('is asked once about each text, and what it cannot read is not valid', async () => {
    const log = path.join(folder, 'asked')
    const command = [process.execPath, '-e', JUDGE, log]
    const first = await verdictsOf(['good', 'bad', 'broken', 'good'], { folder, command })
    assert.deepEqual(
      [...first].map(([text, { valid }]) => [text, valid]),
      [
        ['good', true],
        ['bad', false],
        ['broken', false],
      ],
    )
    assert.equal(first.get('broken')?.issues[0]?.message, 'no JSON')
    const again = await verdictsOf(['good', 'worse'], { folder, command })
    assert.deepEqual([...again.keys()], ['good', 'worse'])
    assert.equal(readFileSync(log, 'utf8'), 'good\nbad\nbroken\nworse\n')
  })

  it('need not be there for what it has said', async () => {
    await verdictsOf(['good'], { folder, command: [process.execPath, '-e', JUDGE, path.join(folder, 'asked')] })
    assert.deepEqual([...(await verdictsOf(['good', 'bad'], { folder, command: [] })).keys()], ['good'])
  })

  it('is told to have failed by its exit code, or when there is none', async () => {
    const failing = [process.execPath, '-e', 'process.exit(3)']
    await assert.rejects(verdictsOf(['good'], { folder, command: failing }), /ended with exit code 3/)
    await assert.rejects(verdictsOf(['good'], { folder, command: [path.join(folder, 'nothing')] }), /ENOENT/)
  })

  it('may have been stopped in the middle of a line', async () => {
    writeFileSync(path.join(folder, 'verdicts.jsonl'), '{"key":"1","valid":tr')
    assert.equal((await verdictsOf(['good'], { folder, command: [] })).size, 0)
  })
})

describe('differential / the report', () => {
  const mutant: Mutant = { seed: 's', mutations: ['bad date'], patch: [], resource: { resourceType: 'Patient' } }
  const error = (detail: Issue['detail'], text: string): Issue => ({ severity: 'error', detail, text })
  const unknown = error('extension-unknown', '`Patient.extension[0]`: the extension `a` is not defined here.')
  const misplaced = error('extension-unknown', 'The extension `a` is not allowed here.')
  const valid = { valid: true, issues: [] }
  const invalid = { valid: false, issues: [{ severity: 'error', id: 'x', message: 'Not a date' }] }
  const one = (ours: readonly Issue[], theirs: Compared['theirs']): Compared => ({ mutant, ours, theirs })

  it('tells whether the verdicts agree, whatever else is said', () => {
    assert.ok(agrees(one([], valid)))
    assert.ok(agrees(one([misplaced], invalid)))
    assert.ok(agrees(one([{ ...misplaced, severity: 'warning' }], valid)))
    assert.ok(!agrees(one([misplaced], valid)))
    assert.ok(!agrees(one([], invalid)))
  })

  it('lets extensions pass that are not known, and no others, where the other is set to', () => {
    assert.ok(agrees(withAnyExtension(one([unknown], valid))))
    assert.ok(!agrees(withAnyExtension(one([unknown, misplaced], valid))))
  })

  it('explains a disagreement when each error of a side is explained', () => {
    assert.equal(classOf([unknown], []), 'an extension that is not known')
    assert.equal(classOf([unknown, misplaced], []), undefined)
    assert.equal(classOf([], invalid.issues), undefined)
  })

  it('counts, and shows what nobody has explained', () => {
    const text = report([one([], valid), one([unknown], valid), one([], invalid), one([misplaced], invalid)])
    assert.match(text, /of the 1 that both refuse, at the same element first: 1 \(100\.00 %\)$/m)
    assert.match(text, /^same verdict: 2 of 4 \(50\.00 %\)$/m)
    assert.match(text, /pass here as they do there\n {2}of all: 3 of 4 \(75\.00 %\)$/m)
    assert.match(text, /^ +1 an extension that is not known$/m)
    assert.match(text, /bad date \| they refuse: x$/m)
  })
})
