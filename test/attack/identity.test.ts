/** Social security numbers stay nowhere: not on disk, not in the log, not in answers. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClock } from '../../server/clock.ts'
import { loadConfig } from '../../server/config.ts'
import { createHub } from '../../server/hub.ts'
import { createLog } from '../../server/log.ts'
import { clientAt, made, type Answer, type Client } from '../given.ts'
import { assessment, consent, goal, participant, transaction } from '../builders/index.ts'
import { attacked, newcomer, type Scene } from './scene.ts'

const SSN = 'http://hl7.org/fhir/sid/us-ssn'

/** Every spelling of one number that a system may send. */
const SECRET = '219099998'
const SHOWN = /219.{0,3}09.{0,3}9998/

describe('attack / identity', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client
  before(async () => {
    scene = await attacked()
    es = scene.as('es')
  })
  after(() => scene.stop())

  it('takes no search, condition or reference by social security number, and does not repeat it', async () => {
    const value = '219-09-9998'
    const subject = await newcomer(es, 'es')
    const answers: Answer[] = [
      await es.get(`/Patient?identifier=${encodeURIComponent(`${SSN}|${value}`)}`),
      await es.send('POST', '/Patient/_search', `identifier=${encodeURIComponent(`${SSN}|${value}`)}`, {
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      }),
      await es.post('/Patient', participant('es'), { headers: { 'If-None-Exist': `identifier=${SSN}|${value}` } }),
      await es.post('/Goal', { ...goal(`Patient?identifier=${SSN}|${value}`) }),
      await es.post(
        '',
        transaction({ method: 'POST', url: 'Goal', resource: goal(`Patient?identifier=${SSN}|${value}`) }),
      ),
      await es.get(`/Goal?patient.identifier=${encodeURIComponent(`${SSN}|${value}`)}`),
    ]
    for (const answer of answers) {
      assert.ok(answer.status >= 400 && answer.status < 500, answer.text)
      assert.doesNotMatch(answer.text, SHOWN)
    }
    void subject
  })

  describe('on disk, in the log and in answers', () => {
    let folder: string, sqlite: Awaited<ReturnType<typeof createHub>>, agency: Client
    const lines: string[] = []
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'nwd-attack-'))
      const config = loadConfig({
        HUB_PORT: '0',
        HUB_STORE: `sqlite:${join(folder, 'hub.db')}`,
        HUB_LOG: 'debug',
        HUB_SSN_KEY: 'a key for tests only, 32 chars at least',
      })
      const log = createLog('debug', { write: (line: string) => void lines.push(line) })
      sqlite = await createHub(config, { log, clock: createClock() })
      agency = clientAt((await sqlite.listen()).url, 'es')
    })
    after(async () => {
      await sqlite.stop().catch(() => undefined)
      await rm(folder, { recursive: true, force: true })
    })

    it('leaves no trace of a number, whatever field it came in as such', async () => {
      const answers: Answer[] = []
      const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
        answers.push(await agency.send(method, path, body, { headers }))
        return answers.at(-1)!
      }
      const dashed = '219-09-9998'
      const patient = made(await send('POST', '/Patient', participant('es', { number: 'ES-9' })))
      const subject = `Patient/${patient.id}`
      const identifiers = [
        { system: SSN, value: SECRET },
        { system: SSN, value: dashed },
        { system: ` ${SSN} `, value: dashed },
        { system: `${SSN}/`, value: dashed },
        { system: 'HTTPS://HL7.ORG/FHIR/SID/US-SSN', value: dashed },
        { system: 'urn:oid:2.16.840.1.113883.4.1', value: SECRET },
        { system: 'urn:oid:2.16.840.1.113883.4.1 ', value: SECRET },
        {
          type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'SS' }] },
          system: 'https://agency.example/x',
          value: dashed,
        },
        { system: SSN, value: `${dashed} ` },
        { system: SSN, value: '219 09 9998' },
        { system: SSN, value: Number(SECRET) },
        { system: SSN, value: [dashed] },
        { system: SSN, value: SECRET, _value: { extension: [{ url: 'https://x.example', valueString: dashed }] } },
      ]
      for (const identifier of identifiers) {
        const body = { ...participant('es'), identifier: [identifier] }
        for (const sent of [
          body,
          { ...body, identifier },
          { ...body, contact: [{ organization: { identifier } }] },
          { ...body, bogus: dashed },
        ]) {
          await send('POST', '/Patient', sent)
          await send('POST', '/Patient/$validate', sent)
          await send('PUT', `/${subject}`, { ...sent, id: patient.id }, { 'If-Match': 'W/"1"' })
          await send('POST', '', transaction({ method: 'POST', url: 'Patient', resource: sent as never }))
          await send('POST', '', {
            ...transaction({ method: 'POST', url: 'Patient', resource: sent as never }),
            type: 'batch',
          })
        }
        // As the identifier of a reference, in a contained participant, in a form.
        const elsewhere = [
          { ...goal(subject), expressedBy: { identifier } },
          { ...goal(subject), subject: { reference: subject, identifier } },
          { ...goal(subject), identifier: [identifier] },
          {
            ...goal(subject),
            contained: [{ resourceType: 'Patient', id: 'p', identifier: [identifier] }],
            expressedBy: { reference: '#p' },
          },
          { ...consent(subject, 'es', 'abe'), performer: [{ identifier }] },
          { ...participant('es'), link: [{ other: { identifier }, type: 'seealso' }] },
          { ...assessment(subject, true), source: { identifier } },
        ]
        for (const body of elsewhere) {
          await send('POST', `/${body.resourceType}`, body)
          await send('POST', `/${body.resourceType}/$validate`, body)
          await send('POST', '', transaction({ method: 'POST', url: body.resourceType, resource: body as never }))
        }
        await send('POST', '/QuestionnaireResponse/$propose-referrals', {
          ...assessment(subject, true),
          subject: { identifier },
        })
      }
      await send('GET', `/${subject}/_history`)
      await send('GET', `/${subject}/$reconcile?base=1`)
      await send('GET', '/Patient')
      await send('GET', '/Goal')
      const shown = answers.filter(({ text }) => SHOWN.test(text))
      assert.deepEqual(
        shown.slice(0, 3).map(({ text }) => text),
        [],
      )
      assert.deepEqual(
        answers.filter(({ status }) => status >= 500),
        [],
      )
      await sqlite.stop()
      assert.ok(lines.length > 100)
      assert.deepEqual(
        lines.filter((line) => SHOWN.test(line)),
        [],
      )
      const files = await readdir(folder, { recursive: true })
      for (const file of files) {
        const bytes = (await readFile(join(folder, file))).toString('latin1')
        const found = SHOWN.exec(bytes)
        assert.equal(found && bytes.slice(found.index - 300, found.index + 20), null, file)
      }
    })
  })
})
