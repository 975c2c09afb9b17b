/** The parts of a differential run: reproducible mutants, results that are stored, the figures. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { classOf } from '../../scripts/differential/explained.ts'
import { mutantsOf, patched, type Mutant } from '../../scripts/differential/generate.ts'
import { resultsOf } from '../../scripts/differential/other-validator.ts'
import { FAULTS, OF_GUIDES, VARIANTS } from '../../scripts/differential/mutators/index.ts'
import { createRandom } from '../../scripts/random.ts'
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

  it('are the same for the same number, and different for another', () => {
    assert.deepEqual(mutantsOf(seeds, { number: 7, count: COUNT, definitions }), mutants)
    assert.notDeepEqual(mutantsOf(seeds, { number: 8, count: COUNT, definitions }), mutants)
  })

  it('begin like those of a shorter run', () => {
    assert.deepEqual(mutantsOf(seeds, { number: 7, count: 20, definitions }), mutants.slice(0, 20))
  })

  it('are their seed with their patch, all different, and none equal to its seed', () => {
    const texts = new Set(seeds.map(({ resource }) => JSON.stringify(resource)))
    for (const { seed, patch, resource } of mutants) {
      const from = seeds.find(({ name }) => name === seed)
      assert.ok(from && patch.length > 0)
      assert.deepEqual(patched(from.resource, patch), resource)
      const text = JSON.stringify(resource)
      assert.ok(!texts.has(text), `${seed} ${JSON.stringify(patch)} is a duplicate`)
      texts.add(text)
    }
  })

  it('are equally many of each kind, and some are changed twice', () => {
    assert.ok(mutants.length > COUNT * 0.95, `${mutants.length} of ${COUNT}`)
    for (const [kind, mutators] of Object.entries(KINDS)) {
      const count = mutants.filter(({ mutations }) => mutators.some(({ name }) => name === mutations[0])).length
      assert.ok(count >= 8, `${count} mutants of the kind ${kind}`)
    }
    const twice = mutants.filter(({ mutations }) => mutations.length === 2).length
    assert.ok(twice > COUNT / 5 && twice < COUNT / 2, `${twice} of ${COUNT}`)
  })

  it('of a guide also violate the restrictions of its profiles', () => {
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

  it('are its resources, by name, and no other files', () => {
    writeFileSync(path.join(folder, 'b.json'), '\uFEFF{"resourceType":"Patient"}')
    writeFileSync(path.join(folder, 'a.json'), '{"resourceType":"Task"}')
    writeFileSync(path.join(folder, 'package.json'), '{"name":"x"}')
    writeFileSync(path.join(folder, 'c.txt'), 'x')
    assert.deepEqual(seedsOf(folder), [
      { name: 'a.json', resource: { resourceType: 'Task' } },
      { name: 'b.json', resource: { resourceType: 'Patient' } },
    ])
  })

  it('cannot be empty', () => {
    assert.throws(() => seedsOf(folder), /There is no resource in/)
  })
})

describe('differential / numbers', () => {
  it('are the same sequence for the same seeds, and within bounds', () => {
    const row = (...seeds: readonly number[]) => {
      const random = createRandom(...seeds)
      return Array.from({ length: 200 }, () => random.below(6))
    }
    assert.deepEqual(row(1, 2), row(1, 2))
    assert.notDeepEqual(row(1, 2), row(2, 1))
    assert.deepEqual([...new Set(row(3))].sort(), [0, 1, 2, 3, 4, 5])
    assert.deepEqual([...createRandom(1).shuffle([1, 2, 3, 4])].sort(), [1, 2, 3, 4])
  })
})

/** Accepts the text `good` only; records every text that it gets. */
const ACCEPTS_GOOD = `
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

  it('gets each text once, and a text that it cannot read is not valid', async () => {
    const log = path.join(folder, 'received')
    const command = [process.execPath, '-e', ACCEPTS_GOOD, log]
    const first = await resultsOf(['good', 'bad', 'broken', 'good'], { folder, command })
    assert.deepEqual(
      [...first].map(([text, { valid }]) => [text, valid]),
      [
        ['good', true],
        ['bad', false],
        ['broken', false],
      ],
    )
    assert.equal(first.get('broken')?.issues[0]?.message, 'no JSON')
    const again = await resultsOf(['good', 'worse'], { folder, command })
    assert.deepEqual([...again.keys()], ['good', 'worse'])
    assert.equal(readFileSync(log, 'utf8'), 'good\nbad\nbroken\nworse\n')
  })

  it('is not needed for stored results', async () => {
    await resultsOf(['good'], {
      folder,
      command: [process.execPath, '-e', ACCEPTS_GOOD, path.join(folder, 'received')],
    })
    assert.deepEqual([...(await resultsOf(['good', 'bad'], { folder, command: [] })).keys()], ['good'])
  })

  it('fails with the run for another exit code, or when it cannot start', async () => {
    const failing = [process.execPath, '-e', 'process.exit(3)']
    await assert.rejects(resultsOf(['good'], { folder, command: failing }), /ended with exit code 3/)
    await assert.rejects(resultsOf(['good'], { folder, command: [path.join(folder, 'nothing')] }), /ENOENT/)
  })

  it('may have been stopped in the middle of a line', async () => {
    writeFileSync(path.join(folder, 'verdicts.jsonl'), '{"key":"1","valid":tr')
    assert.equal((await resultsOf(['good'], { folder, command: [] })).size, 0)
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

  it('compares valid and invalid, whatever the issues', () => {
    assert.ok(agrees(one([], valid)))
    assert.ok(agrees(one([misplaced], invalid)))
    assert.ok(agrees(one([{ ...misplaced, severity: 'warning' }], valid)))
    assert.ok(!agrees(one([misplaced], valid)))
    assert.ok(!agrees(one([], invalid)))
  })

  it('can accept unknown extensions, and no others, as the other validator does', () => {
    assert.ok(agrees(withAnyExtension(one([unknown], valid))))
    assert.ok(!agrees(withAnyExtension(one([unknown, misplaced], valid))))
  })

  it('explains a disagreement when each error of a side is explained', () => {
    assert.equal(classOf([unknown], []), 'an unknown extension')
    assert.equal(classOf([unknown, misplaced], []), undefined)
    assert.equal(classOf([], invalid.issues), undefined)
  })

  it('counts, and shows disagreements without an explanation', () => {
    const text = report([one([], valid), one([unknown], valid), one([], invalid), one([misplaced], invalid)])
    assert.match(text, /of the 1 that both refuse, first error at the same element: 1 \(100\.00 %\)$/m)
    assert.match(text, /^same result: 2 of 4 \(50\.00 %\)$/m)
    assert.match(text, /pass here as they do there\n {2}of all: 3 of 4 \(75\.00 %\)$/m)
    assert.match(text, /^ +1 an unknown extension$/m)
    assert.match(text, /bad date \| they refuse: x$/m)
  })
})
