/** What was posted is in force when the store has it, whatever happened to the hub: faults of the store, kill -9, upgrades. */
import assert from 'node:assert/strict'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runHub, startHub } from '../checks/process.ts'
import { clientAt, given, made, refused, type Client, type Given } from '../given.ts'
import { startFault } from '../../server/cli/fault.ts'
import { validateFiles } from '../../server/cli/validate.ts'
import { createClock } from '../../server/clock.ts'
import { loadConfig } from '../../server/config.ts'
import { createHub, type Hub } from '../../server/hub.ts'
import { createLog } from '../../server/log.ts'
import { openStore } from '../../server/store/open.ts'
import { StoreFull } from '../../server/store/errors.ts'
import type { Store } from '../../server/store/store.ts'
import { temporaryFolder } from '../store/stores.ts'
import { participant } from '../builders/index.ts'
import { address, allOf, codeSystem, profileOf, together } from '../builders/definitions.ts'

type HubOverStore = {
  readonly hub: Hub
  readonly board: Client
  readonly es: Client
  readonly warned: readonly string[]
}

/** A hub over a store that is open already. */
async function over(store: Store, settings: Readonly<Record<string, string>> = {}): Promise<HubOverStore> {
  const warned: string[] = []
  const log = createLog('warn', { write: (line: string) => void warned.push(line) })
  const env = {
    HUB_PORT: '0',
    HUB_STORE: 'memory:',
    HUB_SSN_KEY: 'a key for tests only, 32 chars at least',
    ...settings,
  }
  const hub = await createHub(loadConfig(env), { log, clock: createClock(), store })
  const { url } = await hub.listen()
  return { hub, board: clientAt(url), es: clientAt(url, 'es'), warned }
}

const needsPhone = (id: string, more = {}) => profileOf(id, 'Patient', [{ id: 'Patient.telecom', min: 1 }], more)
const claiming = (id: string) => ({ ...participant('es'), meta: { profile: [address('StructureDefinition', id)] } })
const put = (board: Client, one: { resourceType: string; id: string }) =>
  board.put(`/${one.resourceType}/${one.id}`, one)

describe('write / posted definitions over faults and restarts of the hub', function () {
  this.timeout(60_000)
  let store: Store
  beforeEach(async () => {
    store = await openStore({ kind: 'memory' }, { clock: Date.now })
  })

  it('do not hold when their commit fails', async () => {
    let full = false
    const filling: Store = {
      ...store,
      commit: (work) => (full ? Promise.reject(new StoreFull('no room')) : store.commit(work)),
    }
    const { hub, board, es } = await over(filling)
    full = true
    refused(await put(board, needsPhone('unlucky')), 507, 'store-full')
    full = false
    refused(await es.post('/Patient', claiming('unlucky')), 422, 'profile-unknown')
    assert.equal((await put(board, needsPhone('unlucky'))).status, 201)
    refused(await es.post('/Patient', claiming('unlucky')), 422, 'element-missing')
    await hub.stop()
  })

  it('hold after a start when the hub ended between their commit and its answer', async () => {
    let ends = false
    const kept: Store = { ...store, close: async () => undefined }
    const ending: Store = {
      ...kept,
      async commit(work) {
        const done = await store.commit(work)
        return ends ? new Promise<never>(() => undefined) : done
      },
    }
    const first = await over(ending)
    ends = true
    const never = put(first.board, needsPhone('unanswered')).catch(() => undefined)
    while ((await store.read({ type: 'StructureDefinition', id: 'unanswered' }, 'unrestricted')) === undefined)
      await new Promise((resolve) => setImmediate(resolve))
    const second = await over(kept)
    refused(await second.es.post('/Patient', claiming('unanswered')), 422, 'element-missing')
    assert.equal((await put(second.board, needsPhone('next'))).status, 201)
    await second.hub.stop()
    // The answer that never comes is not waited for.
    void never
    void first.hub.stop()
  })

  it('are left out, with those that rest on them, when they cannot be used any more; the log says why', async () => {
    const folder = await temporaryFolder()
    try {
      const kept: Store = { ...store, close: async () => undefined }
      writeFileSync(join(folder, 'base.json'), JSON.stringify(needsPhone('of-folder')))
      const first = await over(kept, { HUB_DEFINITIONS: folder })
      const upper = (id: string, base: string) => ({
        ...profileOf(id, 'Patient', [{ id: 'Patient.gender', min: 1 }]),
        baseDefinition: address('StructureDefinition', base),
      })
      made(
        await first.board.post(
          '',
          together(upper('upper', 'of-folder'), upper('uppermost', 'upper'), needsPhone('apart')),
        ),
      )
      refused(await first.es.post('/Patient', claiming('uppermost')), 422, 'element-missing')
      refused(await put(first.board, needsPhone('of-folder')), 403, 'forbidden')
      await first.hub.stop()

      const second = await over(kept)
      for (const id of ['of-folder', 'upper', 'uppermost'])
        refused(await second.es.post('/Patient', claiming(id)), 422, 'profile-unknown')
      refused(await second.es.post('/Patient', claiming('apart')), 422, 'element-missing')
      const lines = second.warned.map((line) => JSON.parse(line))
      assert.deepEqual(
        lines.map(({ event, key }) => `${event} ${key}`),
        ['definition left out StructureDefinition/upper', 'definition left out StructureDefinition/uppermost'],
      )
      for (const { reason } of lines) assert.match(reason, /of-folder.*is not defined/)
      refused(await second.es.get('/StructureDefinition/of-folder'), 410, 'deleted')
      made(await second.es.get('/StructureDefinition/upper'))
      // What was of the folder is the board's to post now, and mends what rested on it.
      made(await put(second.board, needsPhone('of-folder')))
      made(await second.board.post('', together(upper('uppermost', 'upper'), upper('upper', 'of-folder'))))
      refused(await second.es.post('/Patient', claiming('uppermost')), 422, 'element-missing')
      await second.hub.stop()

      const third = await over(kept, { HUB_DEFINITIONS: folder })
      const { event, key, reason } = JSON.parse(third.warned[0] ?? '{}')
      assert.equal(`${event} ${key}`, 'definition left out StructureDefinition/of-folder')
      assert.match(reason, /the hub itself publishes/)
      refused(await third.es.post('/Patient', claiming('uppermost')), 422, 'element-missing')
      await third.hub.stop()
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('bind nobody where any type is taken from anybody', async () => {
    const { hub, board } = await over(store, { HUB_RULES: 'open' })
    const answers = [await put(board, needsPhone('free')), await board.post('/Patient', claiming('free'))]
    await hub.stop()
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 201],
    )
  })
})

describe('write / posted definitions of a process that is killed', function () {
  this.timeout(120_000)
  let folder: string
  before(async () => (folder = await temporaryFolder()))
  after(() => rm(folder, { recursive: true }))

  it('hold after the next start, if and only if the store has them', async () => {
    const settings = { HUB_STORE: `sqlite:${join(folder, 'hub.sqlite')}`, HUB_LOG: 'error' }
    const ids: string[] = []
    const acknowledged = new Set<string>()
    for (let round = 0; round < 2; round += 1) {
      const hub = await startHub(settings)
      const board = clientAt(hub.url)
      let answers = 0
      const killed = new Promise<void>((resolve) => {
        const post = async (id: string): Promise<void> => {
          const answer = await put(board, needsPhone(id)).catch(() => undefined)
          if (answer?.status !== 201) return
          acknowledged.add(id)
          // In the middle of the others.
          if (++answers === 4) resolve(hub.end('SIGKILL').then(() => undefined))
        }
        for (let index = 0; index < 12; index += 1) {
          const id = `killed-${round}-${index}`
          ids.push(id)
          void post(id)
        }
      })
      await killed
    }
    const hub = await startHub(settings)
    const [board, es] = [clientAt(hub.url), clientAt(hub.url, 'es')]
    try {
      for (const id of ids) {
        const { status } = await board.get(`/StructureDefinition/${id}`)
        if (acknowledged.has(id)) assert.equal(status, 200, id)
        refused(await es.post('/Patient', claiming(id)), 422, status === 200 ? 'element-missing' : 'profile-unknown')
      }
      assert.ok(acknowledged.size >= 8)
    } finally {
      await hub.end()
    }
  })
})

describe('write / definitions of a folder', function () {
  this.timeout(60_000)
  let folder: string
  let hub: Given
  before(async () => {
    folder = await temporaryFolder()
    mkdirSync(join(folder, 'good', 'lists'), { recursive: true })
    writeFileSync(join(folder, 'good', 'profile.json'), JSON.stringify(needsPhone('of-folder')))
    const bundle = { resourceType: 'Bundle', type: 'collection', entry: [allOf('folder'), codeSystem('folder', ['a'])].map((resource) => ({ resource })) } // prettier-ignore
    writeFileSync(join(folder, 'good', 'lists', 'codes.json'), JSON.stringify(bundle))
    hub = await given({ HUB_DEFINITIONS: join(folder, 'good') })
  })
  after(async () => {
    await hub.stop()
    await rm(folder, { recursive: true })
  })

  it('hold from the start on, are read by everybody, and are changed by nobody', async () => {
    const [es, board] = [hub.as('es'), hub.as(undefined)]
    refused(await es.post('/Patient', claiming('of-folder')), 422, 'element-missing')
    const expansion = `/ValueSet/$expand?url=${address('ValueSet', 'folder')}`
    assert.deepEqual(
      made(await es.get(expansion)).expansion.contains.map(({ code }: { code: string }) => code),
      ['a'],
    )
    assert.equal(made(await es.get('/StructureDefinition/of-folder')).url, address('StructureDefinition', 'of-folder'))
    refused(await put(board, needsPhone('of-folder')), 403, 'forbidden')
    const again = needsPhone('other', { url: address('StructureDefinition', 'of-folder') })
    refused(await put(board, again), 409, 'definition-taken')
  })

  it('give the same verdict on the command line', async () => {
    const file = join(folder, 'patients.ndjson')
    const patients = [
      claiming('of-folder'),
      { ...claiming('of-folder'), telecom: [{ system: 'phone', value: '601-555-0100' }] },
      claiming('no-such'),
    ]
    writeFileSync(file, patients.map((one) => JSON.stringify(one)).join('\n'))
    let out = ''
    const streams = {
      input: (async function* () {})(),
      out: { write: (text: string) => (out += text) },
      err: process.stderr,
    }
    await validateFiles([file], { definitions: [join(folder, 'good')], format: 'ndjson' }, streams)
    const verdicts = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const here = await Promise.all(patients.map((one) => hub.as('es').post('/Patient/$validate', one)))
    const isValid = ({ text }: { text: string }) => !text.includes('"severity":"error"')
    assert.deepEqual(
      [verdicts.map(({ valid }) => valid), here.map(isValid)],
      [
        [false, true, false],
        [false, true, false],
      ],
    )
    const code = ({
      issues,
      body,
    }: {
      issues?: { detail: string }[]
      body?: { issue: { details: { coding: { code: string }[] } }[] }
    }) => issues?.[0]?.detail ?? body?.issue[0]?.details.coding?.[0]?.code
    assert.deepEqual(verdicts.map(code), here.map(code))
  })

  const BROKEN: readonly (readonly [what: string, content: string, says: RegExp])[] = [
    ['is no JSON', '{', /broken\.json: it is not JSON/],
    ['has no url', JSON.stringify({ ...needsPhone('x'), url: undefined }), /broken\.json: the StructureDefinition has no `url`/],
    ['has a base that is not defined', JSON.stringify(needsPhone('x', { baseDefinition: 'http://x.example/y' })), /broken\.json: its base `http:\/\/x\.example\/y` is not defined/],
    ['has a rule that is no FHIRPath', JSON.stringify(profileOf('x', 'Patient', [{ id: 'Patient', constraint: [{ key: 'x-1', severity: 'error', human: 'x', expression: 'name.exists(' }] }])), /broken\.json: .*`name\.exists\(`; it cannot be parsed/],
    ['has the id of one of the hub’s', JSON.stringify(needsPhone('hub-participant')), /its record would be `StructureDefinition\/hub-participant`/],
  ] // prettier-ignore
  for (const [what, content, says] of BROKEN) {
    it(`stop the start with one sentence when one ${what}`, async () => {
      mkdirSync(join(folder, 'bad'), { recursive: true })
      writeFileSync(join(folder, 'bad', 'broken.json'), content)
      assert.match(await whyNotStarted(join(folder, 'bad')), says)
    })
  }

  it('stop the start when the folder is not there', async () => {
    const sentence = await whyNotStarted(join(folder, 'nowhere'))
    assert.match(sentence, /nowhere: it is not a folder\. Name one that holds definitions\./)
  })

  it('stop the process with that sentence alone, and exit code 1', async () => {
    const settings = { HUB_STORE: 'memory:', HUB_DEFINITIONS: join(folder, 'nowhere') }
    assert.deepEqual(await runHub(settings), {
      code: 1,
      out: '',
      err: `${await whyNotStarted(join(folder, 'nowhere'))}\n`,
    })
  })

  /** What a process prints when it cannot start with these definitions. */
  async function whyNotStarted(definitions: string): Promise<string> {
    const started = given({ HUB_DEFINITIONS: definitions })
    const sentence = startFault(
      await started.then(
        (one) => one.stop().then(() => 'it started'),
        (fault: unknown) => fault,
      ),
    )
    assert.equal(sentence.split('\n').length, 1, sentence)
    return sentence
  }
})
