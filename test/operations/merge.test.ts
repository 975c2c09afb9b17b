/** $merge and $undo-merge: two records of one person become one, and two again. */
import assert from 'node:assert/strict'
import type { Clock } from '../../server/clock.ts'
import { createClock } from '../../server/clock.ts'
import { attackedOver, newcomer, post, referred, type Scene } from '../attack/scene.ts'
import {
  careTeam,
  condition,
  consent,
  goal,
  labelled,
  participant,
  participation,
  plan,
  practitioner,
  practitionerRole,
  transaction,
  type Body,
  type StoredBody,
} from '../builders/index.ts'
import { made, OVER_STORES, refused, type Answer, type Client } from '../given.ts'

const DAY = 86_400_000

for (const kind of OVER_STORES)
  describe(`operations / $merge / ${kind}`, function () {
    this.timeout(120_000)
    let scene: Scene
    let es: Client, abe: Client, vr: Client, dhs: Client, board: Client
    let days = 0
    let numbers = 0

    before(async () => {
      const real = createClock()
      const clock: Clock = { ...real, now: () => real.now() + days * DAY }
      scene = await attackedOver(kind, clock)
      ;[es, abe, vr, dhs] = ['es', 'abe', 'vr', 'dhs'].map((agency) => scene.as(agency)) as [
        Client,
        Client,
        Client,
        Client,
      ]
      board = scene.as('board')
    })
    after(() => scene.stop())

    const reference = (name: string, subject: string) => ({ name, valueReference: { reference: subject } })
    const call = (client: Client, operation: string, source: string, target: string, ...more: readonly object[]) =>
      client.post(`/Patient/$${operation}`, {
        resourceType: 'Parameters',
        parameter: [reference('source-patient', source), reference('target-patient', target), ...more],
      })
    const merge = (source: string, target: string, ...more: readonly object[]) =>
      call(board, 'merge', source, target, ...more)
    const undo = (source: string, target: string) => call(board, 'undo-merge', source, target)
    const named = (answer: Answer, name: string) =>
      made(answer).parameter.find((one: { name: string }) => one.name === name).resource
    const person = async (client: Client, entry: string, more: object = {}): Promise<StoredBody> => {
      numbers += 1
      return (await post(client, { ...participant(entry, { number: `M-${numbers}` }), ...more } as Body)) as StoredBody
    }
    const subjectOf = (patient: StoredBody) => `Patient/${patient.id}`
    const get = async (client: Client, key: string) => made(await client.get(`/${key}`))

    it('refuses to merge two participants with an interagency team each', async () => {
      const [source, target] = [await newcomer(es, 'es'), await newcomer(es, 'es')]
      const staff = `Practitioner/${(await post(es, practitioner())).id}`
      const role = `PractitionerRole/${(await post(es, practitionerRole(staff, 'es'))).id}`
      for (const subject of [source, target]) await post(es, careTeam(subject, role))
      refused(await merge(source, target), 409, 'merge-conflict')
    })

    it('takes a signed withdrawal for the merged record, as for one that there is not, and applies it to the survivor', async () => {
      const [source, target] = [await newcomer(es, 'es'), await newcomer(es, 'es')]
      made(await es.post('/Consent', consent(target, 'es', 'abe')))
      made(await merge(source, target))
      assert.equal((await abe.get(`/${target}`)).status, 200)
      const withdrawal = {
        resourceType: 'Parameters',
        parameter: [
          { name: 'recipient', valueReference: { reference: 'Organization/abe' } },
          { name: 'signature', valueSignature: { when: '2026-01-05T09:00:00Z', data: 'SWRh' } },
        ],
      }
      const answers = [await vr.post(`/${source}/$revoke-consent`, withdrawal)]
      answers.push(await vr.post('/Patient/nobody/$revoke-consent', withdrawal))
      for (const answer of answers) assert.equal(answer.status, 202, answer.text)
      assert.equal((await abe.get(`/${target}`)).status, 404)
    })

    it('makes every record of the source one of the target, restricted ones too, and the circles one', async () => {
      const [one, two] = [subjectOf(await person(es, 'es')), subjectOf(await person(vr, 'vr'))]
      const { request, task } = await referred(es, one, 'es', 'abe')
      const secret = await post(es, labelled(condition(one, 'disability'), 'disability'))
      const aim = await post(es, goal(one))
      const other = await post(vr, condition(two))
      refused(await vr.get(`/Goal/${aim.id}`), 404, 'not-found')
      const outcome = named(await merge(one, two), 'outcome')
      assert.ok(outcome.issue.length > 0)
      for (const [client, key, element] of [
        [es, `ServiceRequest/${request.id}`, 'subject'],
        [abe, `Task/${task.id}`, 'for'],
        [es, `Condition/${secret.id}`, 'subject'],
        [vr, `Goal/${aim.id}`, 'subject'],
        [abe, `Condition/${other.id}`, 'subject'],
        [es, `Condition/${other.id}`, 'subject'],
      ] as const)
        assert.equal((await get(client, key))[element].reference, two, key)
      refused(await vr.get(`/Condition/${secret.id}`), 404, 'not-found')
      refused(await dhs.get(`/${two}`), 404, 'not-found')
      assert.equal(made(await es.get(`/Goal?patient=${two}&_total=accurate`)).total, 1)
      assert.equal(made(await board.get(`/Goal?patient=${one}&_total=accurate`)).total, 0)
      assert.equal((await get(es, `Goal/${aim.id}`)).meta.source, 'Organization/es', 'the author is kept')
      assert.equal(made(await es.get(`/Goal/${aim.id}/_history/1`)).subject.reference, one, 'history stays')
    })

    it('retires the source with a link to the target, which everybody who knows the target can follow', async () => {
      const [one, two] = [subjectOf(await person(es, 'es')), subjectOf(await person(vr, 'vr'))]
      await post(es, consent(one, 'es', 'abe'))
      made(await merge(one, two))
      for (const client of [es, abe, vr, board]) {
        const source = await get(client, one)
        assert.equal(source.active, false)
        assert.deepEqual(source.link, [{ other: { reference: two }, type: 'replaced-by' }])
        const target = await get(client, two)
        assert.deepEqual(target.link, [{ other: { reference: one }, type: 'replaces' }])
      }
      refused(await dhs.get(`/${one}`), 404, 'not-found')
      assert.ok(refused(await es.post('/Condition', condition(one)), 422, 'participant-retired').includes(two))
      const source = await get(es, one)
      refused(
        await es.put(`/${one}`, { ...source, active: true, link: undefined }, source.meta.versionId),
        422,
        'participant-retired',
      )
    })

    it('keeps the identifiers of both, fills what the target lacks, and takes what `result-patient` says', async () => {
      const phone = { telecom: [{ system: 'phone', value: '662-555-0101' }] }
      const one = await person(es, 'es', { ...phone, birthDate: '1990-08-01' })
      const two = await person(vr, 'vr')
      const preview = await merge(subjectOf(one), subjectOf(two), { name: 'preview', valueBoolean: true })
      const texts = named(preview, 'outcome').issue.map((issue: { expression?: string[] }) => issue.expression?.[0])
      assert.ok(texts.includes('Patient.birthDate') && texts.includes('Patient.managingOrganization'), String(texts))
      assert.equal(named(preview, 'result').birthDate, '1990-01-08')
      assert.equal((await get(es, subjectOf(one))).active, true, 'a preview writes nothing')
      const result = { ...two, birthDate: '1990-08-01' }
      refused(
        await merge(subjectOf(one), subjectOf(two), { name: 'result-patient', resource: { ...result, id: one.id } }),
        400,
        'invalid-parameter',
      )
      made(await merge(subjectOf(one), subjectOf(two), { name: 'result-patient', resource: { ...result, ...phone } }))
      const target = await get(vr, subjectOf(two))
      assert.deepEqual([target.birthDate, target.telecom[0].value], ['1990-08-01', '662-555-0101'])
      const numbersOf = target.identifier
        .map(({ value }: { value: string }) => value)
        .filter((value: string) => value.startsWith('M-'))
      assert.equal(numbersOf.length, 2)
    })

    it('makes the number that only the source had the target’s', async () => {
      const ssn = {
        identifier: [{ system: 'http://hl7.org/fhir/sid/us-ssn', value: `219-09-${kind === 'memory' ? 3001 : 3002}` }],
      }
      const [one, two] = [subjectOf(await person(es, 'es', ssn)), subjectOf(await person(vr, 'vr'))]
      made(await merge(one, two))
      const again = { ...participant('vr'), ...ssn }
      refused(await vr.post('/Patient', again), 409, 'duplicate-participant')
      made(await undo(one, two))
      made(await vr.post('/Patient', again))
    })

    it('is the record that a person comes back to after years, at either door', async () => {
      const [one, two] = [await person(es, 'es'), await person(vr, 'vr')]
      await post(es, consent(subjectOf(one), 'es', 'abe'))
      made(await merge(subjectOf(one), subjectOf(two)))
      days += 2000
      for (const [client, entry, known] of [
        [es, 'es', one],
        [vr, 'vr', two],
      ] as const) {
        const number =
          (known.identifier as { value: string }[]).find(({ value }) => value.startsWith('M-'))?.value ?? ''
        const again = await client.post('/Patient', participant(entry, { number }))
        assert.ok(refused(again, 409, 'duplicate-participant').includes(subjectOf(two)), again.text)
        assert.equal(again.headers.get('location'), `/fhir/${subjectOf(two)}`)
        made(await client.post('/Condition', condition(subjectOf(two))))
      }
      assert.equal((await get(es, subjectOf(one))).link[0].other.reference, subjectOf(two))
    })

    it('is for the board alone, about two records in use, and not where both have an active plan', async () => {
      const [one, two] = [await newcomer(es, 'es'), await newcomer(es, 'es')]
      refused(await call(es, 'merge', one, two), 404, 'unknown-address')
      refused(await call(es, 'undo-merge', one, two), 404, 'unknown-address')
      refused(await merge(one, one), 409, 'merge-conflict')
      refused(await merge(one, 'Patient/nobody'), 404, 'not-found')
      refused(await undo(one, two), 409, 'merge-conflict')
      for (const subject of [one, two]) {
        const aim = await post(es, goal(subject))
        made(await es.post('/CarePlan', { ...(plan('es', subject, `Goal/${aim.id}`) as Body), status: 'active' }))
      }
      refused(await merge(one, two), 409, 'merge-conflict')
    })

    it('wins or loses cleanly against a write about either record in between', async () => {
      for (const which of [0, 1]) {
        const pair = [await newcomer(es, 'es'), await newcomer(es, 'es')] as const
        let between: StoredBody | undefined
        scene.between(async () => {
          between = (await post(es, condition(pair[which]!))) as StoredBody
        })
        made(await merge(...pair))
        assert.equal((await get(es, `Condition/${between?.id}`)).subject.reference, pair[1])
      }
      const [one, two] = [await newcomer(es, 'es'), await newcomer(es, 'es')]
      scene.between(async () => made(await merge(one, two)))
      refused(await es.post('/Condition', condition(one)), 422, 'participant-retired')
      const three = await newcomer(es, 'es')
      scene.between(async () => made(await merge(two, three)))
      refused(await merge(three, two), 409, 'merge-conflict')
    })

    it('is undone within 30 days: records of before go back, later ones stay, what changed since stays', async () => {
      const [one, two] = [subjectOf(await person(es, 'es', { language: 'es' })), subjectOf(await person(vr, 'vr'))]
      await post(es, consent(one, 'es', 'abe'))
      const aim = await post(es, goal(one))
      const before = await get(es, one)
      made(await merge(one, two))
      const later = await post(es, condition(two))
      const target = await get(vr, two)
      assert.equal(target.language, 'es')
      made(await vr.put(`/${two}`, { ...target, maritalStatus: { text: 'Married' } }, target.meta.versionId))
      made(await undo(one, two))
      const { meta: _m, ...source } = await get(es, one)
      const { meta: _b, ...expected } = before
      assert.deepEqual(source, expected)
      assert.equal((await get(es, `Goal/${aim.id}`)).subject.reference, one)
      refused(await vr.get(`/Goal/${aim.id}`), 404, 'not-found')
      refused(await abe.get(`/${two}`), 404, 'not-found')
      assert.equal((await get(vr, `Condition/${later.id}`)).subject.reference, two)
      const after = await get(vr, two)
      assert.deepEqual([after.language, after.link, after.maritalStatus.text], [undefined, undefined, 'Married'])
      refused(await undo(one, two), 409, 'merge-conflict')
      made(await es.post('/Condition', condition(one)))
    })

    it('is not undone after 30 days, nor before a merge that came later', async () => {
      const [one, two, three] = [await newcomer(es, 'es'), await newcomer(es, 'es'), await newcomer(es, 'es')]
      const aim = await post(es, goal(one))
      made(await merge(one, two))
      made(await merge(two, three))
      assert.equal((await get(es, one)).link[0].other.reference, three)
      assert.equal((await get(es, `Goal/${aim.id}`)).subject.reference, three)
      refused(await undo(one, two), 409, 'merge-conflict')
      made(await undo(two, three))
      assert.equal((await get(es, one)).link[0].other.reference, two)
      made(await undo(one, two))
      assert.equal((await get(es, `Goal/${aim.id}`)).subject.reference, one)
      made(await merge(one, two))
      days += 31
      refused(await undo(one, two), 409, 'merge-conflict')
    })

    it('moves two thousand records in one commit', async () => {
      const [one, two] = [await newcomer(es, 'es'), await newcomer(es, 'es')]
      for (let part = 0; part < 20; part += 1)
        made(
          await es.post(
            '',
            transaction(...Array.from({ length: 100 }, () => ({ method: 'POST', url: 'Goal', resource: goal(one) }))),
          ),
        )
      await post(es, participation(two, 'es'))
      const last = await scene.store.last()
      const began = performance.now()
      made(await merge(one, two))
      const took = performance.now() - began
      assert.ok(took < 60_000, `${took} ms`)
      const commits = await scene.store.feed(last, 100)
      assert.equal(commits.filter(({ versions }) => versions.length > 1000).length, 1)
      assert.equal(made(await es.get(`/Goal?patient=${two}&_total=accurate&_count=1`)).total, 2000)
    })
  })
