/** Agencies, the board and the person act on one participant at the same time, over HTTP, on every store. */
import assert from 'node:assert/strict'
import { newcomer, post, referred } from '../attack/scene.ts'
import {
  business,
  codeSystemAt,
  consent,
  goal,
  lookUpConsent,
  matchParameters,
  participant,
  referral,
  resident,
  tokenIn,
  type Body,
  type StoredBody,
} from '../builders/index.ts'
import { givenOver, made, OVER_STORES, type Answer, type Client, type Given } from '../given.ts'

/** `RACE_ROUNDS=200` asks for more. */
const ROUNDS = Math.ceil(Number(process.env['RACE_ROUNDS'] ?? 5) / 4)

type Reference = { readonly name: string; readonly valueReference: { readonly reference: string } }
const reference = (name: string, to: string): Reference => ({ name, valueReference: { reference: to } })
const parameters = (...parameter: readonly object[]) => ({ resourceType: 'Parameters', parameter })

for (const kind of OVER_STORES) {
  describe(`people at the same time, on ${kind}`, function () {
    this.timeout(300_000)
    let hub: Given
    let es: Client, abe: Client, board: Client
    before(async () => {
      hub = await givenOver(kind, { HUB_LOOK_UP_LIMIT: '100000' })
      ;[es, abe, board] = [hub.as('es'), hub.as('abe'), hub.as('board')]
    })
    after(() => hub.stop())

    const merge = (source: string, target: string) =>
      board.post(
        '/Patient/$merge',
        parameters(reference('source-patient', source), reference('target-patient', target)),
      )
    const undo = (source: string, target: string) =>
      board.post(
        '/Patient/$undo-merge',
        parameters(reference('source-patient', source), reference('target-patient', target)),
      )
    const deny = (client: Client, subject: string, agency: string) =>
      client.post(`/${subject}/$revoke-consent`, parameters(reference('recipient', `Organization/${agency}`)))
    const isCurrent = async (subject: string): Promise<boolean> => made(await board.get(`/${subject}`)).active !== false
    /** What the board finds about a participant: the ids of records of a type. */
    const about = async (type: string, subject: string): Promise<readonly string[]> =>
      (made(await board.get(`/${type}?patient=${subject}&_count=1000`)).entry ?? []).map(
        ({ resource }: { resource: StoredBody }) => resource.id,
      )
    const decided = (answers: readonly Answer[]): void => {
      for (const { status, text } of answers) assert.ok(status < 500, text)
    }

    it('every record that is written during a merge is about the one that is left, or refused', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const [source, target] = [await newcomer(es, 'es'), await newcomer(es, 'es')]
        const first = await post(es, goal(source, 'proposed'))
        const second = await post(es, goal(source, 'proposed'))
        const [merged, updated, deleted, ...written] = await Promise.all([
          merge(source, target),
          es.put(`/Goal/${first.id}`, { ...first, lifecycleStatus: 'active' }, 1),
          es.delete(`/Goal/${second.id}`, 1),
          ...Array.from({ length: 8 }, () => es.post('/Goal', goal(source, 'proposed'))),
          es.post('/Consent', consent(source, 'es', 'abe')),
          es.post('/ServiceRequest', referral(source, 'es', 'abe')),
        ])
        decided([merged, updated, deleted, ...written])
        made(merged)
        assert.deepEqual(await about('Goal', source), [])
        assert.deepEqual(await about('Consent', source), [])
        const stored = new Set([...(await about('Goal', target)), ...(await about('Consent', target))])
        for (const answer of written.slice(0, 9))
          if (answer.status === 201) assert.ok(stored.has(answer.body.id), `${answer.body.id} is about nobody`)
        assert.equal(await isCurrent(source), false)
        const kept = made(await board.get(`/Goal/${first.id}`))
        assert.equal(kept.subject.reference, target)
        if (updated.status === 200) assert.equal(kept.lifecycleStatus, 'active')
        if (deleted.status < 300) assert.equal((await board.get(`/Goal/${second.id}`)).status, 410)
      }
    })

    it('merges in a circle or a row leave every record with somebody who is not retired', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const people = [await newcomer(es, 'es'), await newcomer(es, 'es'), await newcomer(es, 'es')]
        const goals = await Promise.all(people.map((subject) => post(es, goal(subject, 'proposed'))))
        const [a, b, c] = people as [string, string, string]
        const answers = await Promise.all([merge(a, b), merge(b, a), merge(b, c), merge(c, a)])
        decided(answers)
        assert.ok(answers.some(({ status }) => status === 200))
        const current = []
        for (const one of people) if (await isCurrent(one)) current.push(one)
        assert.ok(current.length >= 1, 'all are retired')
        for (const { id } of goals) {
          const { subject } = made(await board.get(`/Goal/${String(id)}`))
          assert.ok(current.includes(subject.reference), `${subject.reference} is retired`)
        }
      }
    })

    it('what is written while a merge is undone is about one of the two, and both are in use', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const [source, target] = [await newcomer(es, 'es'), await newcomer(es, 'es')]
        const old = await post(es, goal(source, 'proposed'))
        made(await merge(source, target))
        const [undone, ...written] = await Promise.all([
          undo(source, target),
          es.put(`/Goal/${old.id}`, { ...old, subject: { reference: target }, lifecycleStatus: 'active' }, 2),
          es.post('/Goal', goal(source, 'proposed')),
          es.post('/Goal', goal(target, 'proposed')),
        ])
        decided([undone, ...written])
        made(undone)
        assert.ok((await isCurrent(source)) && (await isCurrent(target)))
        assert.equal(made(await board.get(`/Goal/${old.id}`)).subject.reference, source)
        const all = [...(await about('Goal', source)), ...(await about('Goal', target))]
        assert.equal(all.length, 1 + written.slice(1).filter(({ status }) => status === 201).length)
      }
    })

    it('one of many uses of a token is the access, and it records one consent', async () => {
      const dhs = hub.as('dhs')
      for (let round = 0; round < ROUNDS; round++) {
        const person = {
          ...participant('es', { number: `TOKEN-${kind}-${round}`, family: `Token${kind}${letters(round)}` }),
        }
        const telecom = [{ system: 'phone', value: `662-555-${1000 + round}` }]
        const { id } = await post(es, { ...person, telecom } as Body)
        const sent = { resourceType: 'Patient', name: person.name, birthDate: person.birthDate, telecom } as Body
        const found = made(await dhs.post('/Patient/$match', matchParameters(sent, { consent: lookUpConsent('dhs') })))
        const token = tokenIn(found)
        assert.ok(token)
        const answers = await Promise.all(
          Array.from({ length: 8 }, () =>
            dhs.post('/Patient/$request-access', parameters({ name: 'token', valueString: token })),
          ),
        )
        assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array.from({ length: 7 }, () => 404)])
        assert.equal((await about('Consent', `Patient/${String(id)}`)).length, 1)
      }
    })

    it('an agency that is denied while it claims, accepts, is referred to or writes is out', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const subject = `Patient/${(await post(es, resident('es', `DENY-${kind}-${round}`))).id}`
        const sent = await referred(es, subject, 'es', 'abe')
        const open = consent(subject, 'es', 'abe') as Body & { readonly provision: object }
        const purpose = [{ system: codeSystemAt('consent-purpose'), code: 'open-referral' }]
        await post(es, { ...open, provision: { ...open.provision, purpose } } as Body)
        const refer = (...more: readonly object[]) =>
          es.post(`/${subject}/$refer`, parameters({ name: 'service', valueCode: 'adult-basic-education' }, ...more))
        const unowned = made(await refer()).entry[1].resource as StoredBody
        const answers = await Promise.all([
          abe.post(`/Task/${unowned.id}/$claim`),
          abe.put(`/Task/${sent.task.id}`, { ...sent.task, status: 'accepted', ...business('accepted') }, 1),
          deny(es, subject, 'abe'),
          refer(reference('performer', 'Organization/abe')),
          abe.post('/Goal', goal(subject, 'proposed')),
          es.post('/Consent', consent(subject, 'es', 'abe')),
        ])
        decided(answers)
        made(answers[2]!)
        assert.equal((await abe.get(`/${subject}`)).status, 404)
        const tasks = made(await board.get(`/Task?patient=${subject}&_count=100`)).entry ?? []
        for (const { resource } of tasks as readonly { resource: StoredBody }[]) {
          const { owner, status, code } = resource as StoredBody & {
            owner?: { reference: string }
            status: string
            code: { coding: { code: string }[] }
          }
          if (owner?.reference !== 'Organization/abe' || code?.coding?.[0]?.code !== 'fulfill') continue
          assert.ok(['cancelled', 'rejected', 'failed'].includes(status), `${String(resource.id)} is ${status} at abe`)
          assert.equal((await abe.get(`/Task/${String(resource.id)}`)).status, 404)
        }
      }
    })
  })
}

const letters = (number: number): string => [...String(number)].map((digit) => 'abcdefghij'[Number(digit)]).join('')
