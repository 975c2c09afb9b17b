/** What one party said on a referral, and what may be corrected of a closed one, over HTTP. */
import assert from 'node:assert/strict'
import { createClock } from '../../../server/clock.ts'
import { attacked, newcomer, post, referred, type Scene } from '../../attack/scene.ts'
import { business, output, service, type StoredBody } from '../../builders/index.ts'
import { made, refused, type Client } from '../../given.ts'

const DAY = 86_400_000

describe('write / rules / referral / content', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, abe: Client, board: Client
  let subject: string
  let sent: StoredBody
  let now = Date.parse('2026-03-02T15:00:00Z')

  before(async () => {
    scene = await attacked(
      {},
      createClock(() => now),
    )
    ;[es, abe, board] = ['es', 'abe', 'board'].map((one) => scene.as(one)) as [Client, Client, Client]
  })
  after(() => scene.stop())
  beforeEach(async () => {
    subject = await newcomer(es, 'es')
    sent = (await referred(es, subject, 'es', 'abe')).task as StoredBody
  })

  const put = (client: Client, before: StoredBody, more: object) =>
    client.put(`/Task/${before.id}`, { ...before, ...more }, (before.meta as { versionId: string }).versionId)
  const read = async (client: Client) => made(await client.get(`/Task/${sent.id}`)) as StoredBody
  const by = (agency: string, text: string) => ({ text, authorReference: { reference: `Organization/${agency}` } })

  describe('a note', () => {
    it('gets its writer from the hub, and keeps it when the writer sends its own copy again', async () => {
      const noted = made(await put(es, sent, { note: [{ text: 'Call after five.' }] }))
      assert.deepEqual(noted.note, [by('es', 'Call after five.')])
      const again = made(await put(es, noted, { note: [{ text: 'Call after five.' }] }))
      assert.equal(again.meta.versionId, noted.meta.versionId, 'nothing changed')
    })

    it('is neither changed nor taken away by the other party, nor written in its name', async () => {
      const noted = made(await put(es, sent, { note: [{ text: 'Call after five.' }] }))
      refused(await put(abe, noted, { note: undefined }), 422, 'referral-rule')
      refused(await put(abe, noted, { note: [by('es', 'Never call.')] }), 422, 'referral-rule')
      refused(await put(abe, noted, { note: [{ text: 'Never call.' }] }), 422, 'referral-rule')
      refused(await put(abe, noted, { note: [...noted.note, by('es', 'Thanks.')] }), 422, 'referral-rule')
      const both = made(await put(abe, noted, { note: [...noted.note, { text: 'We will.' }] }))
      assert.deepEqual(both.note, [by('es', 'Call after five.'), by('abe', 'We will.')])
      refused(await put(es, both, { note: [both.note[0]] }), 422, 'referral-rule')
      assert.deepEqual(made(await put(es, both, { note: [both.note[1]] })).note, [by('abe', 'We will.')])
    })
  })

  const served = async (text: string) => ({
    status: 'completed',
    ...business('services-received'),
    statusReason: { text },
    output: [
      output('outcome', 'referral-outcome', 'received-services'),
      {
        type: output('resulting-activity', '', '').type,
        valueReference: { reference: `Procedure/${(await post(abe, service(subject, 'abe'))).id}` },
      },
    ],
  })
  const declined = (text: string) => ({
    status: 'failed',
    ...business('declined'),
    statusReason: { text },
    output: [output('outcome', 'referral-outcome', 'declined')],
  })
  const counted = async (code: string) =>
    made(await board.get(`/Task?patient=${subject}&outcome=${code}&_total=accurate&_count=0`)).total as number
  /** Declined on the day of the referral; the owner wrote it, so it still knows the Task. */
  const closed = async () => {
    const accepted = made(await put(abe, sent, { status: 'accepted', ...business('contacted') }))
    return made(await put(abe, accepted, declined('Does not want to.'))) as StoredBody
  }

  describe('a wrong outcome', () => {
    it('is corrected by its owner within 30 days of the closing, whatever was noted since, and the figures follow', async () => {
      const wrong = await closed()
      now += 20 * DAY
      const noted = made(await put(abe, wrong, { note: [{ text: 'He called us.' }] }))
      now += 9 * DAY
      const right = made(await put(abe, noted, await served('He came on the same day.')))
      assert.deepEqual([await counted('declined'), await counted('received-services')], [0, 1])
      now += 2 * DAY
      refused(await put(abe, right, declined('He did not.')), 422, 'transition-illegal')
      refused(await put(es, right, declined('He did not.')), 422, 'transition-illegal')
      made(await put(board, right, declined('The center found that he did not.')))
      assert.deepEqual([await counted('declined'), await counted('received-services')], [1, 0])
    })

    it('is not corrected without a reason of its own or the proof of a service', async () => {
      const wrong = await closed()
      const right = await served('Does not want to.')
      refused(await put(abe, wrong, right), 422, 'referral-rule')
      const unproved = {
        ...(await served('He came.')),
        output: [output('outcome', 'referral-outcome', 'received-services')],
      }
      assert.equal((await put(abe, wrong, unproved)).status, 422)
      assert.deepEqual([await counted('declined'), await counted('received-services')], [1, 0])
    })
  })

  describe('a closed referral of the wrong person', () => {
    const error = { status: 'entered-in-error', statusReason: { text: 'Another person of the same name.' } }
    for (const who of ['es', 'abe', 'board'])
      it(`is marked as an error by ${who}, with the reason, and counts no more`, async () => {
        const wrong = await closed()
        refused(await put(scene.as(who), wrong, { status: 'entered-in-error' }), 422, 'referral-rule')
        made(await put(scene.as(who), wrong, error))
        assert.equal(await counted('declined'), 0)
        assert.deepEqual((await read(es)).statusReason, error.statusReason)
        assert.equal((await read(es)).output !== undefined, true, 'it stays as it was')
      })
  })

  describe('a no-show', () => {
    const attempts = (days: readonly string[], ways: readonly string[]) =>
      days.map((valueDateTime, index) => ({
        extension: [
          { url: 'https://no-wrong-door.example/fhir/StructureDefinition/ext-contact-way', valueCode: ways[index] },
        ],
        type: output('contact-attempt', '', '').type,
        valueDateTime,
      }))
    const missed = (...outputs: readonly object[]) => ({
      status: 'failed',
      ...business('no-show'),
      statusReason: { text: 'Could not be reached.' },
      output: [...outputs, output('outcome', 'referral-outcome', 'no-show')],
    })

    it('needs attempts on different working days of the state by two ways', async () => {
      const accepted = made(await put(abe, sent, { status: 'accepted', ...business('contact-attempted') }))
      const ways = ['phone', 'phone', 'letter']
      const seconds = ['2026-03-03T15:00:00Z', '2026-03-03T15:00:01Z', '2026-03-03T15:00:02Z']
      const holiday = ['2026-05-22', '2026-05-25', '2026-05-26']
      // In Mississippi it is still Friday, then Saturday.
      const evenings = ['2026-03-07T03:00:00Z', '2026-03-06T15:00:00Z', '2026-03-08T03:00:00Z']
      for (const days of [seconds, holiday, evenings])
        refused(await put(abe, accepted, missed(...attempts(days, ways))), 422, 'referral-rule')
      const days = ['2026-03-03', '2026-03-05', '2026-03-09']
      refused(await put(abe, accepted, missed(...attempts(days, ['phone', 'phone', 'phone']))), 422, 'referral-rule')
      made(await put(abe, accepted, missed(...attempts(days, ways))))
    })
  })
})
