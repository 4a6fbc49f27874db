"""The small words that a text in Latin letters cannot do without, by language, and the letters that tell one."""

_WORDS = {
    "en": "the and of to is that it for you with this have are not be was on we my your as but they from what which "
    "would there can will has been i at please thank thanks",
    "de": "der die das und ist nicht ich sie zu den mit ein eine für es auf dem wir von im sich auch wie haben bei "
    "habe aus oder wenn ihre mir werden wird noch kann nach bitte danke",
    "fr": "le la les des et est pas je vous une un que pour dans qui nous ne sur au avec ce sont mais il elle mon "
    "ma être cette votre par plus ou bonjour merci qu",
    "es": "el la los las de que y en no un una por con para se del es al lo como su pero mi está este ha muy más "
    "sin sobre usted gracias hola también cuando puede",
    "pt": "o os as de que e em não um uma por com para do da dos das no na se é ao mais como sua seu mas meu está "
    "você foi obrigado obrigada também são pelo pela muito já à",
    "it": "il la di che e è non un una per con del della in sono si ho lo gli le dei delle nel al alla ma come mi "
    "questo anche più ciao grazie può essere da su ed degli nella",
    "nl": "de het een en van is niet ik dat u op te met voor zijn we aan er maar om bij dit naar heb deze kan mijn "
    "wordt ook nog als uit heeft geen bedankt graag wel door",
    "sv": "och att det är jag inte på som för en ett med har vi av till den kan om från mig er men så du var när "
    "ska eller hej tack detta här vill finns",
    "da": "og at det er jeg ikke på som for en et med har vi af til den kan om fra mig jer men så du var når skal "
    "eller hej tak dette her vil blev mit nogle efter også hvad kun være hvis",
    "no": "og at det er jeg ikke på som for en et med har vi av til den kan om fra meg dere men så du var når skal "
    "eller hei takk dette her vil ble mitt noen etter også hva bare være hvis",
    "fi": "ja on ei en se että mutta olen oli kun minun hän tämä sen ole niin kuin tai jos vielä myös voi mitä mikä "
    "kiitos hei ovat joka sitä tämän ette voitte",
    "is": "og að er ekki ég í á sem það við um til en þetta fyrir hefur með var af því eru þú hann frá verið eða ef "
    "takk",
    "et": "ja on ei et see ma kui mis aga oli ka või minu seda olen kas ning oma siis veel mida pole aitäh tere "
    "selle palun",
    "lv": "un ir nav ka es to ar par no uz vai kas bet mans jūs man tas pēc lai šo tiek paldies jau bija kā labdien "
    "jūsu",
    "lt": "ir yra ne kad aš su į iš tai bet mano jūs kaip dėl už ar kas buvo jau jei labas ačiū per nuo apie man gali",
    "pl": "i w nie na się z do to że jest jak o po co ale za od czy tak mam dla przez dzień proszę dziękuję są mi "
    "tym który jeszcze być lub już",
    "cs": "a se v na je že to s z do o ale jsem jak za pro by když už jste mi od také jsou není nebo po mám dobrý "
    "děkuji který která bude při jen byl",
    "sk": "a sa v na je že to s z do o ale som ako za pre by keď už ste mi od tiež sú nie alebo po mám dobrý "
    "ďakujem ktorý ktorá bude pri len bol",
    "sl": "in je na da se v za ne so sem ki z pa to po ali pri kot tudi od še bi ni lahko mi če smo hvala "
    "pozdravljeni samo vas sta ima bil",
    "hr": "i je na da se u za ne su sam koji s to što ali od kao li nije bi iz ili po mi vas ću može hvala molim "
    "gdje tko uvijek tjedan također samo prije koja",
    "sr": "i je na da se u za ne su sam koji sa to što šta ali od kao li nije bi iz ili po mi vas ću može hvala "
    "molim gde ko uvek nedelju takođe samo pre koja",
    "bs": "i je na da se u za ne su sam koji sa to što šta ali od kao li nije bi iz ili po mi vas ću može hvala "
    "molim gdje ko uvijek sedmicu također samo prije koja",
    "hu": "a az és hogy nem van egy is ez meg de csak már ha vagy még volt én kell azt nincs itt mint el ki "
    "köszönöm kérem ezt lehet fel minden szeretném amit",
    "ro": "și şi de la nu în a că un o pe cu din este pentru am sunt mai care ce dar se al ale au fost fi să sau "
    "mulțumesc bună vă prin acest aceasta",
    "sq": "dhe të në e është një për me nuk që do si unë ju nga po më ka jam kam por kjo ky faleminderit së mund juaj",
    "tr": "ve bir bu için da de ne ile çok ben var mi değil ama daha olarak gibi en kadar sonra olan ya siz bana "
    "teşekkür merhaba ediyorum henüz veya lütfen yok",
    "id": "yang dan di untuk dengan ini tidak dari saya ke akan pada itu ada dalam sudah anda bisa kami juga adalah "
    "atau karena terima kasih belum telah oleh mohon",
    "ms": "yang dan di untuk dengan ini tidak dari saya ke akan pada itu ada dalam sudah anda boleh kami juga "
    "adalah atau kerana terima kasih belum telah oleh ialah daripada",
    "vi": "và của là không có tôi cho được các một này đã với trong những người để khi đến như từ bạn nhưng xin cảm "
    "ơn rất",
    "ca": "el la els les de que i en no un una per amb del és al es com seu però meu està aquest aquesta ha molt "
    "més sense sobre gràcies hola també quan pot dels",
    "af": "die en van is nie ek het in te dat vir met op om ons sy wat u by aan maar hierdie jy kan was nog my "
    "asseblief dankie baie word",
    "eu": "eta da ez bat du dut hau zen ere baina edo nire dira izan duen egin dago mesedez eskerrik asko behar dute",
    "gl": "o os as de que e en non un unha por con para do da dos das no na se é ao máis como súa seu pero está foi "
    "grazas tamén son pola moito xa este",
    "ast": "el la los les de que y en non un una por con pa del ye al lo como so pero ta esti ha mui más ensin "
    "tamién cuando",
    "oc": "lo la los las de que e en non un una per amb del es al coma son mas meu aqueste plan pus tanben dins dels",
    "fur": "il la i lis di che e al un une par cun dal in no sono si o je cheste plui ancje dai",
    "eo": "la de kaj en ne estas mi vi al ke por kun pri sed ĉi tiu el dankon ĉu povas aŭ",
    "ia": "le de e in non un pro con es que al del a on iste plus",
    "la": "et in est non ad sed ut cum dolor sit amet lorem ipsum enim quam nec eu ac vel sunt qui quis",
    "ga": "an na agus is ar go ní do le ag leis seo atá sé i bhfuil mar",
    "cy": "y yr a yn i o mae ar gan ei ni hwn ac am wedi bod",
    "tl": "ang ng sa mga na ay at hindi ko ito para po ako kung may",
    "sw": "ya na wa kwa ni katika hii la za kuwa si au",
    "nds": "de dat un is nich ik to en för op mit wi von bi",
    "be": "i u na z nie da jak hety heta dla što abo pry",
    "mt": "il u li ma ta f dan huwa għal biex mhux jew hija",
    "lb": "de den an d net ech dass mat fir op vun ass si",
    "az": "və bir bu üçün ilə deyil mən var də da nə ki",
}
_LETTERS = {
    "cs": "řěů",
    "sk": "ľĺŕ",
    "pl": "łśźńćęą",
    "hu": "őű",
    "ro": "țșăţ",
    "tr": "ğış",
    "vi": "ơưđạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
    "is": "ðþ",
    "de": "ß",
    "es": "ñ¿¡",
    "lv": "āēīģķļņ",
    "lt": "ėįųę",
    "mt": "ħġż",
    "az": "ə",
    "eo": "ĉĝĥĵŝŭ",
}


def _users() -> dict[str, tuple[str, ...]]:
    """For each word the languages that use it."""
    known = {language: frozenset(words.split()) for language, words in _WORDS.items()}
    every = frozenset().union(*known.values())
    return {word: tuple(language for language, words in known.items() if word in words) for word in every}


USERS = _users()
LETTERS = {letter: language for language, letters in _LETTERS.items() for letter in letters}
RELATIVES = frozenset("ast oc fur ia la nds ms bs".split())  # known to be told apart, never the answer
