/** What a refusal says: the error first, and no warning about a code that the hub's own profiles prescribe. */
import assert from 'node:assert/strict'
import { condition, consent, participant, wages, type Body } from '../builders/index.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { loadRuleTables } from '../../server/start/load-rule-tables.ts'
import { openStore } from '../../server/store/open.ts'
import type { Store } from '../../server/store/store.ts'
import type { WriteNeeds } from '../../server/write/needs.ts'
import { write } from '../../server/write/pipeline.ts'
import { openPolicy } from '../../server/write/policy/open.ts'
import { given, made, type Client, type Given } from '../given.ts'

const basic = (id: string) =>
  ({ kind: 'put', create: true, resource: { resourceType: 'Basic', id }, at: 'Basic' }) as const

/** What a write of an open server needs, over a store in memory. */
const openNeeds = async (): Promise<WriteNeeds> => ({
  store: await openStore({ kind: 'memory' }, { clock: () => 0 }),
  definitions: await loadDefinitions('.'),
  validator: { check: () => Promise.resolve([]) },
  policy: openPolicy(),
  index: { extract: () => [], posts: false, ...(await loadRuleTables('.')) },
})

const recording = (store: Store, steps: string[]): Store => ({
  ...store,
  commit: (work) => {
    steps.push('commit')
    return store.commit(work)
  },
})

type OutcomeIssue = { severity: string; details: { coding: { code: string }[] } }

describe('write / pipeline', () => {
  let hub: Given
  let es: Client
  let subject: string
  before(async () => {
    hub = await given()
    es = hub.as('es')
    subject = `Patient/${made(await es.post('/Patient', participant('es'))).id}`
  })
  after(() => hub.stop())

  const severities = (issues: readonly OutcomeIssue[]) => issues.map(({ severity }) => severity)

  it('warns of no code that the profiles of the hub prescribe', async () => {
    const bodies: readonly Body[] = [
      consent(subject, 'es', 'abe', { classes: ['rehabilitation'] }),
      condition(subject),
      wages(subject, 'ui'),
    ]
    for (const body of bodies) {
      const { issue } = made(await es.post(`/${body.resourceType}/$validate`, body))
      assert.deepEqual(severities(issue), ['information'], JSON.stringify(issue))
    }
  })

  const optedIn = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'OPTIN' }] }

  it('warns of a code that is neither the hub’s nor in the value set that R4 recommends', async () => {
    const body = { ...consent(subject, 'es', 'abe'), policyRule: optedIn }
    const { issue } = made(await es.post('/Consent/$validate', body))
    assert.deepEqual(severities(issue), ['warning'], JSON.stringify(issue))
  })

  it('leaves a turn to others between the steps of a write that says so, and writes the same', async () => {
    const needs = await openNeeds()
    const steps: string[] = []
    const author = { caller: { agency: 'es', role: 'agency' }, now: 0 } as const
    const turn = () => Promise.resolve(void steps.push('turn'))
    const store = recording(needs.store, steps)
    const created = await write({ ...needs, store }, { ...author, turn }, [basic('a')])
    // Completing, comparing, validating, the rules, the audience, the entries, and the commit: of a new record nothing is read.
    assert.deepEqual(steps, [...Array.from({ length: 7 }, () => 'turn'), 'commit'])
    assert.deepEqual([created[0]?.created, (await write(needs, author, [basic('b')]))[0]?.created], [true, true])
  })

  it('puts the error before the warnings, whether the validator finds it or a rule', async () => {
    const body: Body = { ...consent(subject, 'es', 'abe'), policyRule: optedIn }
    for (const wrong of [
      { provision: { ...(body.provision as object), type: 'nonsense' } },
      { organization: [{ reference: 'Organization/vr' }] },
    ]) {
      const { status, body: outcome } = await es.post('/Consent', { ...body, ...wrong })
      assert.equal(status, 422)
      const order = severities(outcome.issue)
      assert.deepEqual(
        order,
        [...order].sort((a, b) => Number(a !== 'error') - Number(b !== 'error')),
      )
      assert.ok(order.includes('error') && order.includes('warning'), JSON.stringify(outcome.issue))
    }
  })
})
