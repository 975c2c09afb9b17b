/**
 * A search parameter that the board posts, and a kill -9 in the middle of its reindex: of the hub that runs the job, and of
 * `nwd reindex`. The job goes on where it was; no search uses the parameter before its coverage is verified, and then it
 * finds what a naive reading of every record finds, with what was written during the reindex and between kill and restart.
 * `REINDEX_KILLS=20` kills each so often, at random moments.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { createRandom, type Random } from '../../scripts/random.ts'
import { openStore } from '../../server/store/open.ts'
import type { Store } from '../../server/store/store.ts'
import { resident } from '../builders/index.ts'
import { searchParameter } from '../builders/definitions.ts'
import { ROOT } from '../checks/files.ts'
import { startHub } from '../checks/process.ts'
import { clientAt, given, made, refused, type Client } from '../given.ts'
import { temporaryFolder } from '../store/stores.ts'

const PEOPLE = 1_200
/** So many records are done when the process is killed: none yet, some. */
const KILLS: readonly number[] = process.env['REINDEX_KILLS']
  ? Array.from({ length: Number(process.env['REINDEX_KILLS']) }, (_, index) => createRandom(index).below(PEOPLE)).sort(
      (a, b) => a - b,
    )
  : [0, 400]

const PARAMETER = { expression: 'Patient.maritalStatus' }
const MARITAL = 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus'
const CODES = ['M', 'S', 'W', undefined] as const
type Code = (typeof CODES)[number]

const withStatus = (code: Code) => (code ? { maritalStatus: { coding: [{ system: MARITAL, code }] } } : {})
const person = (number: string, code: Code) => ({ ...resident('es', number), ...withStatus(code) })

/** Searches by the parameter, and what each finds by a naive reading: of the code of a person, undefined without one. */
const SEARCHES: Readonly<Record<string, (code: Code) => boolean>> = {
  'marital=M': (code) => code === 'M',
  [`marital=${MARITAL}|S,W`]: (code) => code === 'S' || code === 'W',
  'marital:not=M': (code) => code !== 'M',
  'marital:missing=true': (code) => code === undefined,
  'marital:missing=false': (code) => code !== undefined,
}

describe('a search parameter that was posted, when its reindex is killed', function () {
  this.timeout(KILLS.length * 30_000 + 60_000)
  let folder: string
  beforeEach(async () => (folder = await temporaryFolder()))
  /** Ends what a failure left running. */
  let endLast: () => unknown = () => undefined
  afterEach(async () => {
    await endLast()
    await rm(folder, { recursive: true })
  })

  it('is used by a later hub once its coverage is verified, and finds what was written at any time', async () => {
    const path = join(folder, 'hub.sqlite')
    await fill(path)
    const left: number[] = []
    for (const [index, kill] of KILLS.entries()) {
      const hub = await startHub(settingsOf(path))
      endLast = () => hub.end('SIGKILL')
      const [es, board] = [clientAt(hub.url, 'es'), clientAt(hub.url)]
      if (index === 0) made(await board.put('/SearchParameter/marital', searchParameter('marital', PARAMETER)))
      const writing = writePeople(es, board, createRandom(index, 1))
      await until(async () => goingOn((await progressOf(es)) ?? Infinity, left) >= kill)
      const exited = hub.end('SIGKILL')
      await writing
      await exited
      left.push(doneWhenKilled(path))
      // Every other hub starts over what the kill left, untouched.
      if (index % 2 === 0)
        await withoutReindex(path, (one, other) => writePeople(one, other, createRandom(index, 2), 20))
    }
    assertKilledInTheMiddle(left)
    const people = await withoutReindex(path, everybody)
    const hub = await startHub(settingsOf(path))
    endLast = () => hub.end('SIGKILL')
    const es = clientAt(hub.url, 'es')
    await until(async () => goingOn((await progressOf(es)) ?? Infinity, left) === Infinity)
    await assertFindsAll(es, people)
    assert.equal(await hub.end(), 0)
  })

  it('is completed by `nwd reindex` after others were killed, and finds what was written at any time', async () => {
    const path = join(folder, 'hub.sqlite')
    await fill(path)
    await withoutReindex(path, async (_, board) =>
      made(await board.put('/SearchParameter/marital', searchParameter('marital', PARAMETER))),
    )
    const left: number[] = []
    for (const [index, kill] of KILLS.filter((records) => records > 0).entries()) {
      const { child, ended } = startReindex(path)
      endLast = () => child.kill('SIGKILL')
      const db = new Database(path, { readonly: true })
      await until(() => child.exitCode !== null || goingOn(doneBy(db), left) >= kill)
      db.close()
      child.kill('SIGKILL')
      await ended
      left.push(doneWhenKilled(path))
      if (index % 2 === 0) await withoutReindex(path, (es, board) => writePeople(es, board, createRandom(index, 3), 20))
    }
    assertKilledInTheMiddle(left)
    const { code, out, err } = await startReindex(path).ended
    // On a busy machine a kill may come when nothing is left to do.
    const what = left.at(-1) === Infinity ? /nothing to do/ : /^Patient: the index is complete\n$/
    assert.deepEqual([code, err], [0, ''])
    assert.match(out, what)
    await withoutReindex(path, async (es) => assertFindsAll(es, await everybody(es)))
  })
})

const settingsOf = (path: string) => ({
  HUB_STORE: `sqlite:${path}`,
  HUB_COUNT_LIMIT: '1000',
  HUB_SSN_KEY: 'a key for tests only, 32 chars at least',
})

/** People who were there before the parameter. */
async function fill(path: string): Promise<void> {
  await withoutReindex(path, () => Promise.resolve())
  const store = await openStore({ kind: 'sqlite', path }, { clock: Date.now })
  const writes = Array.from({ length: PEOPLE }, (_, number) => {
    const resource = {
      ...person(String(number), CODES[number % CODES.length]),
      id: `es.p${number}`,
      meta: { source: 'Organization/es' },
    }
    return { kind: 'put', method: 'PUT', resource, entries: [], audience: [{ agency: '*' }], author: 'es' } as const
  })
  await store.commit({ writes })
  await store.close()
}

/** A hub in this process, whose worker gets no reindex job: the parameter stays as far as it was. */
async function withoutReindex<T>(path: string, work: (es: Client, board: Client) => Promise<T>): Promise<T> {
  const store = await openStore({ kind: 'sqlite', path }, { clock: Date.now })
  const claim: Store['jobs']['claim'] = (query) =>
    store.jobs.claim({ ...query, kinds: query.kinds.filter((kind) => kind !== 'reindex') })
  const hub = await given(settingsOf(path), undefined, { store: { ...store, jobs: { ...store.jobs, claim } } })
  try {
    return await work(hub.as('es'), hub.as(undefined))
  } finally {
    await hub.stop()
  }
}

/** Creates, changes and deletes people, until so many are written or the hub is gone. */
async function writePeople(es: Client, board: Client, random: Random, most = Infinity): Promise<void> {
  for (let turn = 0; turn < most; turn++)
    try {
      await writeOne(es, board, random)
    } catch (error) {
      // The hub was killed.
      if (error instanceof TypeError) return
      throw error
    }
}

async function writeOne(es: Client, board: Client, random: Random): Promise<void> {
  const code = random.pick(CODES)
  if (random.chance(0.4)) return void made(await es.post('/Patient', person(`n${random.next()}`, code)))
  const read = await es.get(`/Patient/es.p${random.below(PEOPLE)}`)
  if (read.status === 410) return
  const { maritalStatus: _, ...record } = made(read)
  if (random.chance(0.2)) return void (await board.delete(`/Patient/${record.id}`, record.meta.versionId))
  made(await es.change(record, withStatus(code)))
}

/** How far the reindex is by the refusal of a search; undefined when the parameter is used. */
async function progressOf(es: Client): Promise<number | undefined> {
  const declared = (await es.get('/metadata')).text.includes('"name":"marital"')
  const answer = await es.get('/Patient?marital=M&_summary=count')
  if (answer.status === 200) return undefined
  const text = refused(answer, 503, 'index-incomplete')
  assert.equal(declared, false, 'the parameter is declared before its coverage is verified')
  return Number(/(\d+) of \d+ records are done/.exec(text)?.[1] ?? 0)
}

/** How many records the job in the file has done; all when there is none. */
function doneBy(db: Database.Database): number {
  const job = db.prepare(`SELECT payload FROM job WHERE kind = 'reindex' AND ended IS NULL`).get()
  const { payload } = (job ?? { payload: '{"done":"Infinity"}' }) as { payload: string | null }
  return Number((JSON.parse(payload ?? '{"done":0}') as { done: number }).done)
}

/** The same of a process that was killed: of a copy, so that the next one recovers the file itself. */
function doneWhenKilled(path: string): number {
  const copy = `${path}-copy`
  for (const end of ['', '-wal']) if (existsSync(path + end)) copyFileSync(path + end, copy + end)
  const db = new Database(copy)
  try {
    return doneBy(db)
  } finally {
    db.close()
    for (const end of ['', '-wal']) rmSync(copy + end, { force: true })
  }
}

/** `nwd reindex` as a process of its own. */
function startReindex(path: string) {
  const { PATH = '', HOME = '', TMPDIR = '' } = process.env
  const env = { PATH, HOME, TMPDIR, ...settingsOf(path) }
  const child = spawn(process.execPath, ['server/cli/nwd.mjs', 'reindex'], { cwd: ROOT, env })
  const text = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (data: string) => (text.out += data))
  child.stderr.setEncoding('utf8').on('data', (data: string) => (text.err += data))
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...text }))
  return { child, ended }
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve))
}

/** How many records are done: none before the first page after a start, and then no fewer than when the last was killed. */
function goingOn(done: number, left: readonly number[]): number {
  const before = left.at(-1) ?? 0
  assert.ok(done === 0 || done >= before, `${done} records are done, after ${before}: it began again`)
  return done
}

function assertKilledInTheMiddle(left: readonly number[]): void {
  console.log(`      records done when killed: ${left.join(', ')}`)
  assert.ok(left.some((done) => done > 0 && done < PEOPLE))
}

/** Each search finds what a naive reading of all people finds. */
async function assertFindsAll(es: Client, people: readonly Found[]): Promise<void> {
  for (const [search, expects] of Object.entries(SEARCHES)) {
    const found = await all(es, `/Patient?${search}&_count=1000`)
    const expected = people.filter((one) => expects(one.maritalStatus?.coding[0]?.code))
    assert.ok(expected.length > 0, search)
    assert.deepEqual(found.map(({ id }) => id).sort(), expected.map(({ id }) => id).sort(), search)
  }
}

type Found = {
  readonly id: string
  readonly maritalStatus?: { readonly coding: readonly [{ readonly code: NonNullable<Code> }] }
}

const everybody = (es: Client): Promise<readonly Found[]> => all(es, '/Patient?_count=1000')

/** The matches of all pages. */
async function all(es: Client, search: string): Promise<readonly Found[]> {
  const found: Found[] = []
  for (let path: string | undefined = search; path !== undefined;) {
    const { entry = [], link } = made(await es.get(path))
    found.push(...entry.map(({ resource }: { readonly resource: Found }) => resource))
    const next = link.find(({ relation }: { readonly relation: string }) => relation === 'next')?.url as
      string | undefined
    path = next?.slice(next.indexOf('/Patient'))
  }
  return found
}
