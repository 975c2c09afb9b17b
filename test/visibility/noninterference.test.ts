/** Answers to an agency never differ by what it may not know: the same requests to two hubs, byte by byte. */
import assert from 'node:assert/strict'
import { condition, consent, participant } from '../builders/index.ts'
import { compare } from './noninterference.ts'
import { keyIn } from './twin-worlds.ts'
import { Difference, type Twins } from './twins.ts'

const REQUESTS = 1500

describe('visibility / non-interference', function () {
  this.timeout(180_000)

  it(`answers ${REQUESTS} requests alike, whatever else the hub holds`, async function () {
    const { requestsSent, secrets, statuses } = await compare({ requests: REQUESTS, seed: 20_261_124 })
    assert.ok(requestsSent >= REQUESTS && secrets > 60)
    const count = (pattern: RegExp) =>
      Object.entries(statuses).reduce((sum, [name, times]) => sum + (pattern.test(name) ? times : 0), 0)
    // The requests say something: a good part of them is answered with records, a good part with refusals.
    for (const kind of [/^read 200/, /^read 404/, /^search 200/, /^page/, /^create 201/, /^create 422/, /^update 200/])
      assert.ok(count(kind) > REQUESTS / 250, `${String(kind)}: ${count(kind)} in ${JSON.stringify(statuses)}`)
  })

  const BETRAYALS: Readonly<Record<string, (hubs: Twins, shared: readonly string[]) => Promise<unknown>>> = {
    'one record more of a participant that it knows': (hubs, [, known]) =>
      hubs.hide({ agency: 'es', method: 'POST', path: '/Condition', body: condition(known!) }),
    'a contact detail that is confidential no longer': async (hubs, [, known]) => {
      const { text } = await hubs.hide({ agency: 'es', method: 'GET', path: `/${known!}` })
      const patient = JSON.parse(text) as { meta: { versionId: string }; telecom: object[] }
      const body = { ...patient, telecom: [{ system: 'phone', value: '662-555-0199' }] }
      const headers = { 'If-Match': `W/"${patient.meta.versionId}"` }
      return hubs.hide({ agency: 'es', method: 'PUT', path: `/${known!}`, body, headers })
    },
    'one participant more, by a consent': async (hubs) => {
      const body = participant('vr')
      const key = keyIn(await hubs.hide({ agency: 'vr', method: 'POST', path: '/Patient', body }))
      return hubs.hide({ agency: 'vr', method: 'POST', path: '/Consent', body: consent(key, 'vr', 'abe') })
    },
  }
  for (const [what, betray] of Object.entries(BETRAYALS)) {
    it(`finds the difference when abe may know of ${what}`, async () => {
      await assert.rejects(
        compare({ requests: 800, seed: 1, betray: async (hubs, shared) => void (await betray(hubs, shared)) }),
        Difference,
      )
    })
  }
})
