/** The hub as a process: how it starts, what keeps it from starting, how it ends. */
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, connect, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { ROOT } from './checks/files.ts'
import { runHub, startHub, type Ended } from './checks/process.ts'
import { given } from './given.ts'

describe('the process', function () {
  this.timeout(60_000)
  let folder: string
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'nwd-main-'))))
  afterEach(() => rmSync(folder, { recursive: true }))

  const store = (name = 'hub.sqlite') => ({ HUB_STORE: `sqlite:${join(folder, name)}`, HUB_SEED: 'none' })

  /** One sentence with what to do, exit code 1, nothing on standard output, no stack. */
  function assertRefused({ code, out, err }: Ended, ...expected: RegExp[]): void {
    for (const pattern of expected) assert.match(err, pattern)
    assert.deepEqual({ code, out, lines: err.trimEnd().split('\n').length }, { code: 1, out: '', lines: 1 }, err)
    assert.doesNotMatch(err, /^\s*at /m)
  }

  it('greets in at most 15 lines, answers, and ends with 0 on SIGTERM and on SIGINT', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const hub = await startHub({ ...store(), HUB_SEED: 'sample' })
      const reply = await fetch(`${hub.url}/metadata`)
      assert.equal(reply.status, 200)
      assert.equal(((await reply.json()) as { resourceType: string }).resourceType, 'CapabilityStatement')
      assert.ok(hub.printed().trimEnd().split('\n').length <= 15, hub.printed())
      assert.equal(await hub.end(signal), 0)
    }
  })

  it('finishes the request that is under way when it is stopped, and takes no other', async () => {
    const hub = await startHub(store())
    const { hostname, port, pathname } = new URL(hub.url)
    const body = JSON.stringify({ resourceType: 'Parameters' })
    const socket = connect(Number(port), hostname).setEncoding('utf8')
    let answer = ''
    socket.on('data', (data: string) => (answer += data))
    socket.write(
      `POST ${pathname}/Patient/$validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/fhir+json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
    )
    await fetch(`${hub.url}/metadata`).then((reply) => reply.text())
    const ended = hub.end('SIGTERM')
    await refusesConnections(Number(port), hostname)
    socket.write(body.slice(5))
    await once(socket, 'close')
    assert.match(answer, /^HTTP\/1\.1 \d{3} /)
    assert.match(answer, /OperationOutcome/)
    assert.equal(await ended, 0)
  })

  it('is refused a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    try {
      assertRefused(
        await runHub({ HUB_STORE: 'memory:', HUB_PORT: String(port) }),
        new RegExp(`127\\.0\\.0\\.1:${port}`),
        /HUB_PORT/,
      )
    } finally {
      other.close()
    }
  })

  it('is refused a setting that does not exist, a bad value, and open mode on a public address', async () => {
    assertRefused(await runHub({ HUB_STROE: 'memory:' }), /did you mean `HUB_STORE`\?/)
    assertRefused(await runHub({ HUB_PORT: 'eighty' }), /`eighty` is no value for the setting `HUB_PORT`/)
    assertRefused(await runHub({ HUB_HOST: '0.0.0.0' }), /loopback address only/)
  })

  it('is refused a folder that it cannot write to', async () => {
    writeFileSync(join(folder, 'file'), '')
    assertRefused(await runHub(store('file/hub.sqlite')), /file\/hub\.sqlite/, /HUB_STORE/)
  })

  it('is refused a store that another hub has open', async () => {
    const first = await given(store())
    try {
      assertRefused(await runHub(store()), /in use by another hub/)
    } finally {
      await first.stop()
    }
  })

  it('is refused a store of a newer version, and a file that is no store', async () => {
    await (await given(store())).stop()
    const database = new Database(join(folder, 'hub.sqlite'))
    database.pragma('user_version = 999')
    database.close()
    assertRefused(await runHub(store()), /newer hub/)
    writeFileSync(
      join(folder, 'text'),
      'this is not a database, but it is long enough to be looked at as one'.repeat(20),
    )
    assertRefused(await runHub(store('text')), /not a database/)
  })

  it('is refused a profile that is broken, with the name of its file', async () => {
    const copy = copied(folder)
    const [profile = ''] = readdirSync(join(copy, 'profiles')).filter((name) => name.endsWith('.json'))
    const path = join(copy, 'profiles', profile)
    writeFileSync(path, readFileSync(path, 'utf8').replace('{', '{ "resourceType" '))
    assertRefused(await runHub({ HUB_STORE: 'memory:' }, copy), new RegExp(profile.replaceAll('.', '\\.')))
  })

  it('is refused a statement that offers a type of which no rule says who may know', async () => {
    const copy = copied(folder)
    const path = join(copy, 'capability', 'statement.json')
    const statement = JSON.parse(readFileSync(path, 'utf8')) as { rest: { resource: object[] }[] }
    statement.rest[0]!.resource.push({ type: 'Communication', interaction: [{ code: 'read' }, { code: 'create' }] })
    writeFileSync(path, JSON.stringify(statement))
    const ended = await runHub({ HUB_STORE: 'memory:' }, copy)
    assertRefused(ended, /capability\/rules\/visibility\.json/, /`Communication`/)
  })
})

/** A copy of the hub, whose definitions a test can change. */
function copied(folder: string): string {
  const copy = join(folder, 'copy')
  for (const name of [
    'server',
    'scripts',
    'profiles',
    'valuesets',
    'capability',
    'samples/seed',
    'package.json',
    'package-lock.json',
  ])
    cpSync(join(ROOT, name), join(copy, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

/** Resolves once nobody accepts connections there any more. */
async function refusesConnections(port: number, host: string): Promise<void> {
  for (;;) {
    const socket = connect(port, host)
    const refused = await Promise.race([
      once(socket, 'connect').then(() => false),
      once(socket, 'error').then(() => true),
    ]).catch(() => true)
    socket.destroy()
    if (refused) return
  }
}
