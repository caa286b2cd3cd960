"""Talks as people give them, and the analysis a recogniser would have made of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from core.analysis.model import Analysis, Face, FaceSample, Spell, Word, WordsFrom
from core.media.facts import Video, VideoFacts

INTERVIEW = """
Welcome back to the show, my name is Anna and today we talk to Marta, who runs a bakery.
Hello, thank you for having me. It is very nice to be here.
So let's start at the beginning. How did you get into baking?
Well, I never planned it. I was an accountant for eleven years, and I was good at it.
And then one morning I burned a loaf of bread so badly that the fire brigade came.
I am not joking! Six firemen stood in my kitchen, and one of them asked me for the recipe.
That was the moment when I understood that bread makes people talk.
What was the biggest mistake you made in the first year?
The biggest mistake was pricing. I sold every loaf for three euros, because the shop next door did.
But the shop next door bought frozen dough, and my flour alone cost one euro twenty.
After eight months I had lost 40000 euros, and I did not even know why.
My sister sat down with me, we wrote down every single cost, and then we doubled the price.
Everybody told me that I would lose all my customers. I lost four of them, and I still know their
names.
The price is the first thing a customer learns about you, so it had better be true.
That is a lesson I wish somebody had told me earlier.
And what about your team? How many people work with you now?
We are fourteen people today, and nine of them are older than fifty.
Nobody hires bakers over fifty, which is crazy, because they know everything about dough.
One of them, Josef, is seventy one years old, and he still beats every apprentice at shaping rolls.
Older bakers teach the young ones patience, and the young ones teach them how to use the oven timer.
Let me ask you about the nights. When does your day begin?
My alarm rings at half past one. The city is completely silent, and the street belongs to me and
the foxes.
In winter I walk through fresh snow, and my footsteps are the only ones.
People say that I must hate it. The truth is that it is the best hour of the day.
You can think a whole thought to its end, because nobody calls you.
I solved every problem of my company between two and four in the morning.
Is there anything that you would never do again?
I would never take a loan from a friend. Never!
We did not speak for two years, and it was about an amount that seems ridiculous today.
Money between friends does not stay money, it turns into something else.
If you need a loan, go to a bank, because a bank forgets you when you have paid.
What do you tell young people who want to open a shop?
I tell them to work in somebody else's shop for one year, and to count everything.
Count the customers, count the loaves that are left in the evening, count the hours you sleep.
After a year you know whether you love the work or only the idea of it.
Most people love the idea. That is fine, but it is a very expensive idea.
Thank you so much, Marta, that was wonderful.
Thank you. Subscribe to the channel if you liked it, and see you next week.
"""

LECTURE = """
Guten Morgen, willkommen zur dritten Vorlesung über das Gedächtnis.
Heute geht es um das Vergessen, und warum es kein Fehler ist.
Stellen Sie sich vor, Sie könnten nichts vergessen.
Jedes Gesicht im Bus, jedes Nummernschild, jeder Satz aus dem Radio bliebe für immer in Ihrem Kopf.
Es gab einen Mann in Moskau, der genau so lebte. Er hieß Schereschewski und war Journalist.
Sein Chef wunderte sich, warum er bei der Sitzung nie etwas aufschrieb.
Er konnte siebzig Wörter nach einmaligem Hören aufsagen, vorwärts und rückwärts, noch nach
fünfzehn Jahren.
Das klingt wie ein Geschenk. In Wahrheit war es eine Qual.
Er konnte keine Gesichter erkennen, weil jedes Lächeln für ihn ein neues Gesicht war.
Was bedeutet das für unser Verständnis von Intelligenz?
Denken heißt Unterschiede zu vergessen. Das schrieb der Schriftsteller Borges über eine erfundene
Figur.
Wer alles behält, sieht nur einzelne Bäume und niemals den Wald.
Kommen wir zu den Experimenten. Hermann Ebbinghaus lernte 1885 sinnlose Silben auswendig, und zwar
tausende.
Nach zwanzig Minuten hatte er vierzig Prozent vergessen, nach einem Tag schon zwei Drittel.
Die Kurve fällt am Anfang steil und wird danach immer flacher.
Aber jedes Wiederholen macht die Kurve flacher. Das ist die wichtigste Erkenntnis der ganzen
Lernforschung!
Wer an fünf Tagen je zehn Minuten lernt, weiß nach einem Monat doppelt so viel wie jemand, der
eine Stunde am Stück lernt.
Trotzdem lernen fast alle Studierenden in der Nacht vor der Prüfung. Warum tun wir das?
Weil sich das Lernen am Stück besser anfühlt. Es geht leichter, und leicht verwechseln wir mit gut.
Das Gehirn merkt sich, was Mühe gemacht hat.
Deshalb sind Karteikarten so wirksam. Sie zwingen uns, die Antwort selbst zu suchen.
Noch etwas zum Schlaf. Im Schlaf spielt der Hippocampus die Erlebnisse des Tages noch einmal ab.
Bei Ratten kann man das messen. Sie laufen im Traum durch dasselbe Labyrinth wie am Tag.
Wer nach dem Lernen schläft, behält mehr als jemand, der wach bleibt und wiederholt.
Eine durchgemachte Nacht kostet also genau das, was man in ihr gelernt hat.
Zum Schluss eine Frage für die nächste Woche. Kann man absichtlich vergessen?
Überlegen Sie sich ein Beispiel aus Ihrem eigenen Leben. Vielen Dank.
"""

PRODUCT = """
Hola a todos, bienvenidos a la presentación de nuestra nueva bicicleta eléctrica.
¿Cuántos de ustedes han llegado tarde al trabajo esta semana?
Yo también. En esta ciudad perdemos noventa horas al año en el tráfico.
El problema no es la distancia, el problema es que todos salimos a la misma hora.
Hace tres años empezamos a medir cómo se mueve la gente, y encontramos algo que nadie esperaba.
La mayoría de los viajes en coche son de menos de cinco kilómetros. ¡Cinco kilómetros!
Una persona en bicicleta tarda doce minutos, y no busca aparcamiento.
Entonces, ¿por qué no vamos todos en bicicleta? Preguntamos a dos mil personas, y la respuesta fue
siempre la misma.
Tienen miedo de las cuestas y miedo de que les roben la bicicleta.
Por eso nuestra batería cabe en una mochila. Pesa un kilo y medio, y se quita con una sola mano.
Sin la batería, la bicicleta no se mueve, y ningún ladrón la quiere.
La batería carga en cuarenta minutos y dura sesenta kilómetros.
Hablemos del precio. Una bicicleta como esta cuesta normalmente tres mil euros.
La nuestra cuesta mil doscientos, porque fabricamos el motor nosotros mismos.
Nadie en Europa fabrica motores pequeños, todos los compran al mismo proveedor en Asia.
Nosotros compramos una fábrica cerrada de lavadoras, y contratamos a las mismas personas que
trabajaban allí.
Un motor de lavadora y un motor de bicicleta son primos hermanos.
La señora Carmen montó lavadoras durante treinta años, y hoy dirige toda la línea de montaje.
¿Y qué pasa con la lluvia? Esa es la pregunta que más nos hacen.
Sumergimos el motor en agua durante una semana entera, y después dio la vuelta al lago sin
problemas.
El próximo mes empezamos a vender en Madrid, en Valencia y en Sevilla.
Si la prueban durante diez minutos, no querrán devolverla. Muchas gracias.
"""

SERMON_ZH = """
欢迎大家来到今天的节目 我叫小明 今天我们谈谈面包店的故事
请想象一个十岁的孩子 和父母一起开车旅行两个星期
那辆汽车没有空调 从洛杉矶一直开到密歇根
那是我童年里最漫长的两个星期 但是我学会了等待
我父亲在路上教我怎么看地图 他从来不用导航
有一天晚上汽车坏了 我们在沙漠里等了九个小时
没有水的时候 你才知道水有多么重要
一个陌生人停下来 给了我们三瓶水 没有要一分钱
从那天起 我每次看到路边的人 都会停下来问一问
第二年我父亲开了一家面包店 价格比隔壁便宜一半
八个月以后他亏了四万块钱 而且不知道为什么
我母亲坐下来 把每一笔成本都写在纸上
然后他们把价格提高了一倍 大家都说客人会走光
结果只走了四个客人 我到现在还记得他们的名字
价格是客人了解你的第一件事 所以它必须是真的
现在我自己有三家面包店 员工大部分超过五十岁
没有人愿意雇用五十岁以上的面包师 这太奇怪了
他们知道关于面团的一切 也愿意教年轻人
凌晨两点的城市非常安静 街道只属于我和狐狸
那是一天里最好的时间 你可以把一件事情想完整
谢谢大家收看 请订阅我们的频道 下周再见
"""
"""Lines as subtitles give them: each one word for whoever parts at spaces, and no full stop."""

VIDEO_FACTS = VideoFacts(
    size_b=1, container="mov,mp4", duration_s=1.0, stream=0, codec="h264", pixel_format="yuv420p",
    width=1280, height=720, coded_width=1280, coded_height=720, fps=30.0, frames=30, start_s=0.0,
)  # fmt: skip


def video(name: str = "A talk") -> Video:
    return Video(Path("/nowhere/file"), "0" * 64, VIDEO_FACTS, name=name)


def spoken(
    text: str, *, seed: int = 1, punctuated: bool = True, start_s: float = 0.8
) -> list[Word]:
    """Words with the times of somebody who breathes: short gaps, longer ones behind sentences."""
    chance = random.Random(seed)
    at, words = start_s, []
    for said in text.split():
        length = 0.09 + 0.045 * len(said) * chance.uniform(0.8, 1.25)
        shown = said if punctuated else said.strip(".,!?¿¡").lower()
        words.append(Word(shown, round(at, 3), round(at + length, 3), 1.0))
        at += length
        if said.endswith((".", "!", "?")):
            at += chance.uniform(0.35, 1.1)
        elif said.endswith(","):
            at += chance.uniform(0.1, 0.35)
        else:
            at += chance.uniform(0.0, 0.05)
    return words


def in_lines(text: str, *, each_s: float = 4.0) -> list[Word]:
    """As a subtitle file without spaces gives it: a word for every stretch of characters, one line
    behind the other."""
    words, at = [], 0.5
    for line in text.strip().splitlines():
        parts = line.split()
        for part in parts:
            length_s = each_s * len(part) / sum(map(len, parts))
            words.append(Word(part, round(at, 3), round(at + length_s - 0.05, 3)))
            at += length_s
        at += 0.4
    return words


def analysed(
    words: Sequence[Word],
    *,
    language: str | None = "en",
    words_from: WordsFrom = "whisper",
    duration_s: float | None = None,
    shots_s: Sequence[float] = (0.0,),
    faces: bool = True,
    energy_db: Sequence[float] | None = None,
    motion: Sequence[float] | None = None,
    black: Sequence[Spell] = (),
    frozen: Sequence[Spell] = (),
    seed: int = 1,
) -> Analysis:
    """What `analyse` would say of a person who speaks these words into a camera."""
    end_s = max((w.end_s for w in words), default=0.0)
    length_s = duration_s or round(end_s + 1.5, 3)
    chance = random.Random(seed)
    if energy_db is None:
        energy_db = [-70.0] * int(length_s * 10)
        for w in words:
            for i in range(int(w.start_s * 10), min(len(energy_db), int(w.end_s * 10) + 1)):
                energy_db[i] = -22 + chance.uniform(-4, 4) + 5 * w.text.endswith("!")
    motion = motion if motion is not None else [0.02 + chance.uniform(0, 0.01) for _ in energy_db]
    face = (Face(500, 200, 200, 240, 0.95),)
    samples = tuple(FaceSample(i / 5, face if faces else ()) for i in range(int(length_s * 5)))
    return Analysis(
        duration_s=length_s,
        shots_s=tuple(shots_s),
        samples=samples,
        motion=tuple(motion),
        black=tuple(black),
        frozen=tuple(frozen),
        voice=tuple(voice_of(words)),
        energy_db=tuple(energy_db),
        loudness_lufs=-20.0,
        words=tuple(words),
        words_from=words_from if words else "none",
        language=language,
    )


def voice_of(words: Sequence[Word]) -> list[Spell]:
    """Speech as a voice model sees it: padded by 60 ms, short gaps closed."""
    spells: list[Spell] = []
    for w in sorted(words, key=lambda w: w.start_s):
        start, end = max(0.0, w.start_s - 0.06), w.end_s + 0.06
        if spells and start - spells[-1].end_s < 0.2:
            spells[-1] = Spell(spells[-1].start_s, max(end, spells[-1].end_s))
        else:
            spells.append(Spell(start, end))
    return spells


def without_words(length_s: float, *, seed: int = 1, **more: object) -> Analysis:
    """A match, a dance, a screen: nobody says anything."""
    chance = random.Random(seed)
    energy = [-40 + chance.uniform(-3, 3) for _ in range(int(length_s * 10))]
    motion = [0.03 + chance.uniform(0, 0.01) for _ in energy]
    at = int(length_s * 7)  # a goal, at seven tenths
    for i in range(at, min(len(energy), at + 60)):
        energy[i] += 20
        motion[i] += 0.15
    asked: dict[str, object] = {"energy_db": energy, "motion": motion, "duration_s": length_s}
    return analysed([], **{**asked, **more})  # type: ignore[arg-type]
