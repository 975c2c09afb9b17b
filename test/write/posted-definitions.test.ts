/** The board posts profiles, value sets, code systems, maps and questionnaires: they hold from the answer on. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { given, made, refused, type Answer, type Client, type Given } from '../given.ts'
import { temporaryFolder } from '../store/stores.ts'
import { participant } from '../builders/index.ts'
import {
  address,
  allOf,
  codeSystem,
  conceptMap,
  profileOf,
  questionnaire,
  together,
  valueSet,
  type PostedDefinition,
} from '../builders/definitions.ts'

const PHONE = [{ system: 'phone', value: '601-555-0100' }]
const STORES: Readonly<Record<string, (folder: string) => string>> = {
  memory: () => 'memory:',
  sqlite: (folder) => `sqlite:${join(folder, 'hub.sqlite')}`,
}

for (const [kind, storeIn] of Object.entries(STORES)) {
  describe(`write / posted definitions over ${kind}`, function () {
    this.timeout(60_000)
    let folder: string
    let hub: Given
    let board: Client
    let es: Client
    const start = async (): Promise<void> => {
      hub = await given({ HUB_STORE: storeIn(folder) })
      board = hub.as(undefined)
      es = hub.as('es')
    }
    before(async () => {
      folder = await temporaryFolder()
      await start()
    })
    after(async () => {
      await hub.stop()
      await rm(folder, { recursive: true })
    })

    let people = 0
    const put = (resource: PostedDefinition, version?: number): Promise<Answer> =>
      board.put(`/${resource.resourceType}/${resource.id}`, resource, version)
    const posted = async (...definitions: readonly PostedDefinition[]): Promise<void> => {
      for (const one of definitions) made(await put(one))
    }
    /** Of a person of its own, whatever contacts it has. */
    const claiming = (id: string, more: object = {}) => ({
      ...participant('es', { family: `Person${String.fromCharCode(97 + people++)}` }),
      meta: { profile: [address('StructureDefinition', id)] },
      ...more,
    })
    const married = (system: string, code: string) => ({ maritalStatus: { coding: [{ system, code }] } })

    it('hold for the request after the answer: for writes, for batches, and for $validate', async () => {
      const profile = profileOf('at-once', 'Patient', [{ id: 'Patient.telecom', min: 1 }])
      refused(await es.post('/Patient', claiming('at-once')), 422, 'profile-unknown')
      const answer = await put(profile)
      assert.deepEqual([answer.status, answer.headers.get('etag')], [201, 'W/"1"'], answer.text)

      refused(await es.post('/Patient', claiming('at-once')), 422, 'element-missing')
      made(await es.post('/Patient', claiming('at-once', { telecom: PHONE })))
      const entry = [{ resource: claiming('at-once'), request: { method: 'POST', url: 'Patient' } }]
      const batch = made(await es.post('', { resourceType: 'Bundle', type: 'batch', entry }))
      assert.match(JSON.stringify(batch.entry[0]), /"422.*telecom/)
      const address = `/Patient/$validate?profile=${encodeURIComponent(profile.url)}`
      assert.match((await es.post(address, participant('es'))).text, /element-missing/)
      assert.doesNotMatch((await es.post(address, { ...participant('es'), telecom: PHONE })).text, /"error"/)
      made(await es.post('/Patient', participant('es')))
    })

    it('come together in one transaction, in any order, with what claims them', async () => {
      const binding = { strength: 'required', valueSet: address('ValueSet', 'ties') }
      const profile = profileOf('tied', 'Patient', [{ id: 'Patient.maritalStatus', min: 1, binding }])
      const derived = profileOf('tied-called', 'Patient', [{ id: 'Patient.telecom', min: 1 }], {
        baseDefinition: profile.url,
      })
      const system = codeSystem('ties', ['tied', 'free'])
      const bundle = together(derived, profile, allOf('ties'), system)
      const right = claiming('tied-called', { telecom: PHONE, ...married(system.url, 'tied') })
      const wrong = claiming('tied-called', { telecom: PHONE, ...married(system.url, 'loose') })
      const with_ = (patient: object) => ({
        ...bundle,
        entry: [...bundle.entry, { resource: patient, request: { method: 'POST', url: 'Patient' } }],
      })
      refused(await board.post('', with_(wrong)), 422, 'code-invalid')
      refused(await board.get('/CodeSystem/ties'), 404, 'not-found')
      refused(await es.post('/Patient', right), 422, 'profile-unknown')
      const done = made(await board.post('', with_(right)))
      assert.deepEqual(
        done.entry.map((one: { response: { status: string } }) => one.response.status.slice(0, 3)),
        ['201', '201', '201', '201', '201'],
      )
      made(await es.post('/Patient', right))
      refused(await es.post('/Patient', wrong), 422, 'code-invalid')
    })

    it('answer the terminology operations at once, and no longer when they are gone', async () => {
      const [system, map] = [address('CodeSystem', 'asked'), address('ConceptMap', 'asked')]
      const group = [{ source: system, target: system, element: [{ code: 'a', target: [{ code: 'b', equivalence: 'wider' }] }] }] // prettier-ignore
      const ask = {
        expand: `/ValueSet/$expand?url=${address('ValueSet', 'asked')}`,
        check: `/ValueSet/$validate-code?url=${address('ValueSet', 'asked')}&system=${system}&code=`,
        look: `/CodeSystem/$lookup?system=${system}&code=`,
        translate: `/ConceptMap/$translate?url=${map}&system=${system}&code=a`,
      }
      refused(await es.get(ask.expand), 404, 'not-found')
      await posted(codeSystem('asked', ['a', 'b']), allOf('asked'), conceptMap('asked', { group }))
      const codes = async (): Promise<string[]> =>
        made(await es.get(ask.expand)).expansion.contains.map((one: { code: string }) => one.code)
      assert.deepEqual(await codes(), ['a', 'b'])
      assert.match((await es.get(`${ask.check}c`)).text, /"result","valueBoolean":false/)
      assert.match((await es.get(ask.translate)).text, /"result","valueBoolean":true/)

      await posted(codeSystem('asked', ['a', 'b', 'c']))
      assert.deepEqual(await codes(), ['a', 'b', 'c'])
      assert.match((await es.get(`${ask.check}c`)).text, /"result","valueBoolean":true/)
      assert.match((await es.get(`${ask.look}c`)).text, /"C"/)

      const supplement = codeSystem('asked-more', [], {
        content: 'supplement',
        supplements: system,
        concept: [{ code: 'c', designation: [{ language: 'es', value: 'Ce' }] }],
      })
      await posted(supplement)
      assert.match((await es.get(`${ask.look}c`)).text, /"Ce"/)

      for (const path of ['/CodeSystem/asked-more', '/ConceptMap/asked', '/ValueSet/asked', '/CodeSystem/asked'])
        assert.equal((await board.delete(path)).status, 204, path)
      refused(await es.get(ask.expand), 404, 'not-found')
      refused(await es.get(`${ask.look}c`), 404, 'not-found')
    })

    it('are updated at once, with ETag and history, and keep what they were when the update is refused', async () => {
      const profile = (min: number) => profileOf('changing', 'Patient', [{ id: 'Patient.telecom', min }])
      await posted(profile(1))
      refused(await put(profile(0), 7), 412, 'version-conflict')
      refused(await es.post('/Patient', claiming('changing')), 422, 'element-missing')
      assert.equal(made(await put(profile(0), 1)).meta.versionId, '2')
      made(await es.post('/Patient', claiming('changing')))
      const broken = profileOf('changing', 'Patient', [{ id: 'Patient.nom', min: 1 }])
      refused(await put(broken), 422, 'definition-invalid')
      made(await es.post('/Patient', claiming('changing')))
      assert.equal(made(await es.get('/StructureDefinition/changing/_history')).total, 2)
    })

    it('are gone at once when they are deleted, and hold again when they are brought back', async () => {
      const profile = profileOf('short-lived', 'Patient', [{ id: 'Patient.telecom', min: 1 }])
      await posted(profile)
      assert.equal((await board.delete('/StructureDefinition/short-lived')).status, 204)
      refused(await es.get('/StructureDefinition/short-lived'), 410, 'deleted')
      refused(await es.post('/Patient', claiming('short-lived', { telecom: PHONE })), 422, 'profile-unknown')
      assert.equal((await put(profile)).status, 201)
      refused(await es.post('/Patient', claiming('short-lived')), 422, 'element-missing')
    })

    it('are read and searched by everybody, and written by the board alone', async () => {
      const profile = profileOf('open-to-all', 'Patient', [{ id: 'Patient.telecom', min: 1 }])
      const text = refused(await es.put('/StructureDefinition/open-to-all', profile), 403, 'forbidden')
      assert.match(text, /`es` may read it but not write it/)
      for (const type of ['StructureDefinition', 'ValueSet', 'CodeSystem', 'ConceptMap', 'Questionnaire'])
        refused(await es.post(`/${type}`, { resourceType: type }), 403, 'forbidden')
      refused(await es.post('', together(profile)), 403, 'forbidden')
      refused(await es.post('/Patient', claiming('open-to-all')), 422, 'profile-unknown')
      await posted(profile)
      refused(await es.delete('/StructureDefinition/open-to-all'), 403, 'forbidden')
      assert.equal(made(await es.get('/StructureDefinition/open-to-all')).url, profile.url)
      assert.equal(made(await es.get(`/StructureDefinition?url=${encodeURIComponent(profile.url)}`)).entry.length, 1)
    })

    it('are not deleted, renamed or changed while others depend on them', async () => {
      const base = (path = 'Patient.telecom') =>
        profileOf('ground', 'Patient', [{ id: path, min: 1 }, { id: 'Patient.photo', max: '0' }]) // prettier-ignore
      const first = profileOf('first-floor', 'Patient', [{ id: 'Patient.telecom.rank', min: 1 }], {
        baseDefinition: address('StructureDefinition', 'ground'),
      })
      const second = profileOf('second-floor', 'Patient', [{ id: 'Patient.gender', fixedCode: 'female' }], {
        baseDefinition: first.url,
      })
      await posted(base(), first, second)
      const text = refused(await board.delete('/StructureDefinition/ground'), 409, 'definition-in-use')
      assert.match(text, /`StructureDefinition\/first-floor`/)
      refused(await put({ ...base(), url: address('StructureDefinition', 'elsewhere') } as PostedDefinition), 409, 'definition-in-use') // prettier-ignore
      refused(await board.delete('/StructureDefinition/first-floor'), 409, 'definition-in-use')
      await posted(base('Patient.contact'))
      const group = { ...base(), type: 'Group', baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Group' }
      const differential = { element: [{ id: 'Group.name', path: 'Group.name', min: 1 }] }
      const broken = await put({ ...group, differential } as PostedDefinition)
      assert.match(refused(broken, 409, 'definition-in-use'), /first-floor.*Group.*telecom/)
      const two = { ...base('Patient.contact'), differential: { element: [{ id: 'Patient.gender', path: 'Patient.gender', fixedCode: 'male' }] } } // prettier-ignore
      assert.match(refused(await put(two), 409, 'definition-in-use'), /second-floor/)
      const all = ['ground', 'second-floor', 'first-floor'].map((id) => ({
        request: { method: 'DELETE', url: `StructureDefinition/${id}` },
      }))
      made(await board.post('', { resourceType: 'Bundle', type: 'transaction', entry: all }))
      refused(await es.get('/StructureDefinition/ground'), 410, 'deleted')
    })

    it('are not deleted while a value set, a code system, a map or a form names them', async () => {
      await posted(
        codeSystem('kept', ['a']),
        allOf('kept'),
        valueSet('kept-again', [{ valueSet: [address('ValueSet', 'kept')] }]),
        questionnaire('kept', [
          { linkId: '1', text: '?', type: 'choice', required: true, answerValueSet: address('ValueSet', 'kept-again') },
        ]),
      )
      for (const path of ['/CodeSystem/kept', '/ValueSet/kept', '/ValueSet/kept-again'])
        refused(await board.delete(path), 409, 'definition-in-use')
      for (const path of ['/Questionnaire/kept', '/ValueSet/kept-again', '/ValueSet/kept', '/CodeSystem/kept'])
        assert.equal((await board.delete(path)).status, 204, path)
    })

    it('are not deleted while records claim them', async () => {
      await posted(profileOf('claimed', 'Patient', [{ id: 'Patient.telecom', max: '1' }]))
      const patient = made(await es.post('/Patient', claiming('claimed')))
      assert.match(
        refused(await board.delete('/StructureDefinition/claimed'), 409, 'definition-in-use'),
        /named by records/,
      )
      const { meta: _, ...rest } = patient
      made(await es.put(`/Patient/${patient.id}`, rest, 1))
      assert.equal((await board.delete('/StructureDefinition/claimed')).status, 204)
    })

    it('keep the version that records name, and the extensions that they carry', async () => {
      const profile = profileOf('versioned', 'Patient', [{ id: 'Patient.telecom', max: '1' }])
      const extension = (id: string) =>
        profileOf(id, 'Extension', [{ id: 'Extension.url', fixedUri: address('StructureDefinition', id) }, { id: 'Extension.extension', max: '0' }, { id: 'Extension.value[x]', min: 1 }], { kind: 'complex-type', context: [{ type: 'element', expression: 'HumanName' }] }) // prettier-ignore
      await posted(profile, extension('carried'), extension('left-alone'))
      const { name } = participant('es') as unknown as { name: readonly object[] }
      const carried = { extension: [{ url: address('StructureDefinition', 'carried'), valueString: 'x' }] }
      const patient = made(
        await es.post('/Patient', {
          ...participant('es'),
          meta: { profile: [`${profile.url}|1`] },
          name: [{ ...name[0], ...carried }],
        }),
      )
      assert.match(
        refused(await put({ ...profile, version: '2' } as PostedDefinition), 409, 'definition-in-use'),
        /\|1` is named by records/,
      )
      made(await put({ ...profile, title: 'Better told' } as PostedDefinition))
      refused(await board.delete('/StructureDefinition/carried'), 409, 'definition-in-use')
      assert.equal((await board.delete('/StructureDefinition/left-alone')).status, 204)
      made(await es.put(`/Patient/${patient.id}`, { ...patient, meta: undefined, name }, 1))
      made(await put({ ...profile, version: '2' } as PostedDefinition))
      assert.equal((await board.delete('/StructureDefinition/carried')).status, 204)
    })

    it('may be extensions, which records may then have', async () => {
      const element = [
        { id: 'Extension.url', fixedUri: address('StructureDefinition', 'badge') },
        { id: 'Extension.value[x]', min: 1, type: [{ code: 'string' }] },
      ]
      const badge = profileOf('badge', 'Extension', element, {
        kind: 'complex-type',
        context: [{ type: 'element', expression: 'Patient' }],
      })
      const wearing = (value: object) => ({ ...participant('es'), extension: [{ url: badge.url, ...value }] })
      refused(await es.post('/Patient', wearing({ valueString: 'x' })), 422, 'extension-unknown')
      await posted(badge)
      made(await es.post('/Patient', wearing({ valueString: 'x' })))
      refused(await es.post('/Patient', wearing({ valueCode: 'x' })), 422, 'element-type')
    })

    it('may be forms, whose answers are checked at once and from which no referral is proposed', async () => {
      const form = (text: string) =>
        questionnaire('hobby', [{ linkId: 'q1', type: 'string', required: true, text, maxLength: 5 }])
      const person = made(await es.post('/Patient', participant('es')))
      const response = (valueString: string) => ({
        resourceType: 'QuestionnaireResponse',
        status: 'completed',
        questionnaire: `${address('Questionnaire', 'hobby')}|1`,
        subject: { reference: `Patient/${person.id}` },
        authored: '2026-11-24T10:00:00Z',
        author: { reference: 'Organization/es' },
        item: [{ linkId: 'q1', text: 'Hobby?', answer: [{ valueString }] }],
      })
      refused(await es.post('/QuestionnaireResponse', response('chess')), 422, 'questionnaire-unknown')
      await posted(form('Hobby?'))
      const answered = made(await es.post('/QuestionnaireResponse', response('chess')))
      assert.match((await es.post('/QuestionnaireResponse', response('origami'))).text, /item\[0\]\.answer\[0\]/)
      refused(await es.get(`/QuestionnaireResponse/${answered.id}/$propose-referrals`), 422, 'assessment-rule')
      refused(await board.delete('/Questionnaire/hobby'), 409, 'definition-in-use')
    })

    it('reach what is bound to them: a code that comes to a system comes to profiles and forms, and goes again', async () => {
      const system = address('CodeSystem', 'reached')
      const binding = { strength: 'required', valueSet: address('ValueSet', 'reached') }
      const item = { linkId: '1', text: '?', type: 'choice', required: true, answerValueSet: binding.valueSet }
      await posted(
        codeSystem('reached', ['a']),
        allOf('reached'),
        profileOf('reached', 'Patient', [{ id: 'Patient.maritalStatus', binding }]),
        questionnaire('reached', [item]),
      )
      const patient = claiming('reached', married(system, 'b'))
      const { id } = made(await es.post('/Patient', participant('es')))
      const response = {
        resourceType: 'QuestionnaireResponse',
        status: 'completed',
        questionnaire: `${address('Questionnaire', 'reached')}|1`,
        subject: { reference: `Patient/${id}` },
        authored: '2026-11-24T10:00:00Z',
        author: { reference: 'Organization/es' },
        item: [{ linkId: '1', text: '?', answer: [{ valueCoding: { system, code: 'b' } }] }],
      }
      const statuses = async (): Promise<number[]> => {
        const answers = [await es.post('/Patient', patient), await es.post('/QuestionnaireResponse', response)]
        return answers.map(({ status }) => status)
      }
      assert.deepEqual(await statuses(), [422, 422])
      await posted(codeSystem('reached', ['a', 'b']))
      assert.deepEqual(await statuses(), [201, 201])
      await posted(valueSet('reached', [{ system, concept: [{ code: 'a' }] }]))
      assert.deepEqual(await statuses(), [422, 422])
    })

    it('hold for large resources as for others, which are checked elsewhere', async () => {
      const communication = Array.from({ length: 1000 }, () => ({ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'es' }] } })) // prettier-ignore
      const profile = (min: number) => profileOf('for-large', 'Patient', [{ id: 'Patient.telecom', min }])
      await posted(profile(1))
      refused(await es.post('/Patient', claiming('for-large', { communication })), 422, 'element-missing')
      await posted(profile(0))
      made(await es.post('/Patient', claiming('for-large', { communication })))
      const codes = Array.from({ length: 2000 }, (_, index) => `c${index}`)
      refused(await put(codeSystem('for-large', [...codes, 'c1'])), 422, 'invariant')
      await posted(codeSystem('for-large', codes))
      const element = Array.from({ length: 1000 }, () => ({ id: 'Patient.nom', min: 1, short: 'x' }))
      refused(await put(profileOf('for-large-too', 'Patient', element)), 422, 'definition-invalid')
    })

    it('come eight at once: each holds, and each is one version', async () => {
      const ids = Array.from({ length: 8 }, (_, index) => `eight-${index}`)
      const answers = await Promise.all(
        ids.map((id) => put(profileOf(id, 'Patient', [{ id: 'Patient.telecom', min: 1 }]))),
      )
      for (const answer of answers) assert.equal(answer.status, 201, answer.text)
      for (const id of ids) refused(await es.post('/Patient', claiming(id)), 422, 'element-missing')
    })

    it('come eight at once under one url: one is taken', async () => {
      const url = address('StructureDefinition', 'required')
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          put(profileOf(`required-${index}`, 'Patient', [{ id: 'Patient.telecom', min: 1 }], { url })),
        ),
      )
      assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409, 409, 409, 409, 409, 409, 409])
      for (const answer of answers.filter(({ status }) => status === 409)) refused(answer, 409, 'definition-taken')
    })

    it('never lose what they depend on to a deletion at the same time', async () => {
      for (let round = 0; round < 5; round += 1) {
        const ground = profileOf(`race-${round}`, 'Patient', [{ id: 'Patient.telecom', min: 1 }])
        await posted(ground)
        const upper = profileOf(`race-${round}-upper`, 'Patient', [{ id: 'Patient.gender', min: 1 }], {
          baseDefinition: ground.url,
        })
        const [removed, created] = await Promise.all([board.delete(`/StructureDefinition/${ground.id}`), put(upper)])
        const outcome = [removed.status, created.status].join(' ')
        assert.ok(['204 422', '409 201'].includes(outcome), `${outcome} ${created.text}`)
      }
    })

    it('never leave a record that claims what is gone', async () => {
      for (let round = 0; round < 5; round += 1) {
        const id = `gone-${round}`
        await posted(profileOf(id, 'Patient', [{ id: 'Patient.telecom', max: '3' }]))
        const [created, removed] = await Promise.all([
          es.post('/Patient', claiming(id)),
          board.delete(`/StructureDefinition/${id}`),
        ])
        const outcome = [created.status, removed.status].join(' ')
        assert.ok(['201 409', '422 204'].includes(outcome), `${outcome} ${created.text} ${removed.text}`)
      }
    })

    if (kind === 'sqlite')
      it('hold after a restart', async () => {
        await posted(
          profileOf('lasting', 'Patient', [{ id: 'Patient.telecom', min: 1 }]),
          profileOf('passing', 'Patient', [{ id: 'Patient.telecom', min: 1 }]),
        )
        assert.equal((await board.delete('/StructureDefinition/passing')).status, 204)
        await hub.stop()
        await start()
        refused(await es.post('/Patient', claiming('lasting')), 422, 'element-missing')
        refused(await es.post('/Patient', claiming('passing')), 422, 'profile-unknown')
        await posted(profileOf('later', 'Patient', [{ id: 'Patient.gender', min: 1 }]))
      })
  })
}
