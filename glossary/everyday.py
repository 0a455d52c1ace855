"""Words that begin and end no term, language by language; for `glossary.undefined`."""

_ENGLISH = """
a about above across after again against all almost along already also although always am among
an and another any anyone anything are aren't around as ask asks at away back bad be became
because become becomes been before begin begins being below best better between big both bring
brings but by call called calls came can can't cannot case cases check checks come comes could
day days did didn't different do does doesn't doing don't done down during each either else end
ends enough even ever every everybody everyone everything example examples fact far few find
finds first follow follows for found from full further gave get gets give given gives go goes
going good got great had has have haven't having he help helps hence her here him his how however
if in instead into is isn't it it's its itself just keep keeps kind kinds know known knows large
last later least less let lets like little long look looks lot lots made main make makes making
many matter matters may maybe me mean means might more most much must my near need needed needs
never new next no nobody none nor not nothing now number of off often old on once one ones only
onto open or other others our out over own part parts people per perhaps person place point
points possible put puts question questions quite rather read reads real really right run runs
said same say says see seen sees send sends set sets several shall she short should show shown
shows similar simple since single small so some somebody someone something sometimes soon start
starts still stop stops such take taken takes tell tells than that that's the their them then
there therefore these they thing things think this those though three through thus time times to
today together too took toward towards true try turn turns two type types under until up upon us
use used useful user uses using usually various very want wants was way ways we week well went
were what whatever when where whether which while who whole whom whose why will wish with within
without word words work works would write writes written wrong year years yes yet you your
"""

_PORTUGUESE = """
a à ainda algo alguém algum alguma algumas alguns ali ante antes ao aos apenas aquela aquele
aquelas aqueles aqui aquilo as às assim até através bem boa bom cada casa caso casos certa certo
com como consegue contra cujo cuja da dá dar das de dela dele delas deles depois desde dessa desse
desta deste deve devem dia dias diferente diferentes disso do dos duas e é ela elas ele eles em
embora enquanto então entre era eram essa essas esse esses esta está estão estas estar este estes
eu exemplo exemplos existe faz fazem fazer feita feito fez fica foi for fora foram forma formas
geral grande grandes há hoje isso isto já lá lhe lhes lugar maior mais mas me meio melhor menor
menos mesma mesmas mesmo mesmos meu minha muita muitas muito muitos na nada não nas nem nenhum
nenhuma nessa nesse nesta neste nisso no nome nos nós nossa nosso nova novas novo novos num numa
nunca o onde os ou outra outras outro outros para parte partes pela pelas pelo pelos pequena
pequeno per perante pessoa pessoas pode podem poder pois por porque portanto pouca pouco poucos
precisa precisam primeira primeiro própria próprio quais qual quando quanto quase que quem quer
saber são se sem sempre sendo ser será seu seus si sido só sobre sua suas também tal talvez tanto
tão te tem têm tempo ter teu tipo tipos toda todas todo todos trabalho três tu tua tudo última
último um uma umas uns usa usada usado usam usar uso vai vão ver vez vezes você vos
"""

_GERMAN = """
ab aber alle allem allen aller alles als also am an andere anderem anderen anderer anderes anders
Art auch auf aus außer außerdem bei beide beiden beim Beispiel Beispiele bereits besonders besser
bin bis bist bleibt braucht bringt da dabei dadurch dafür dagegen daher damit danach daneben dann
daran darauf daraus darf darin darum darunter das dass davon davor dazu dem den denn dennoch der
deren des deshalb dessen desto die dies diese diesem diesen dieser dieses doch dort du durch
dürfen eben ebenso ein eine einem einen einer eines einfach einige einigen einiger einmal Ende
entweder er ergibt erst erste ersten es etwa etwas euch euer Fall Fälle falls findet Frage Fragen
für ganz gar geben gegen geht genau genug gerade gern gibt gilt gleich große großen größer gut
haben hat hatte hätte heißt heute hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im
immer in indem ins ist ja Jahr Jahre je jede jedem jeden jeder jedes jedoch jetzt kann kein keine
keinem keinen keiner kleine können könnte kommt lässt Leute macht machen man manche mehr mein
meist meisten Mensch Menschen mit möglich muss müssen nach nachdem nächste nein neu neue neuen
nicht nichts nie niemand noch nun nur ob oben oder oft ohne Ort Punkt Rolle Sache Sachen schon sehr
sei sein seine seinem seinen seiner seit selbst sich sie sind so sobald sogar solche sollen sollte
sondern sonst sowie später statt steht Stelle Stück Tag Tage Teil Teile trotz über um und uns
unser unter viel viele vielen vom von vor war waren warum was Weise weder weg wegen weil weiter
weitere welche welchem welchen welcher welches wenig wenige weniger wenn wer werden wie wieder will
wir wird wo wobei wodurch wohl wollen worden Wort Wörter würde wurde zeigt Zeit zu zum zur zusammen
zwar zwei zwischen
"""

NO_TERMS = {
    language: frozenset(words.casefold().split())
    for language, words in {"en": _ENGLISH, "pt": _PORTUGUESE, "de": _GERMAN}.items()
}
DETERMINERS = {
    "en": frozenset("a an the each every this that its their your our".split()),
    "pt": frozenset("o a os as um uma cada este esta esse essa do da no na num numa ao".split()),
}
"""After one of these, a word that stands alone is a noun; German writes nouns with a capital."""
NOT_ALONE = {
    language: frozenset(words.casefold().split())
    for language, words in {
        "en": """
            account afternoon answer author book building business change chapter child city
            colleague company country customer decision department detail difference document
            draft email employee error evening expert factor family fault field figure form fourth
            friend group habit hour house human idea industry invoice issue letter level market
            material meeting message minute mistake moment money month morning name night office
            opinion order organisation organization page paper paragraph period phone picture
            piece plan position price problem process product program programme project purpose
            quarter reader reason report result room rule screen second section sentence service
            sign site size solution source stage state step story student subject summary sum
            supplier support system table task team term test text third title topic total value
            version view visitor website week window writer
        """,
        "pt": """
            ajuda ano assunto autor campo capítulo cidade cliente colega conta decisão detalhe
            diferença dinheiro documento empresa equipa erro escritório exemplo fatura frase grupo
            hora ideia imagem informação livro mensagem minuto momento motivo mudança mundo nível
            número objetivo opinião página país palavra passo pergunta período pessoa plano ponto
            prazo preço problema processo produto programa projeto razão regra relatório resposta
            resultado secção semana serviço sistema solução tabela tarefa termo texto título valor
            versão visita
        """,
        "de": """
            Abschnitt Abteilung Änderung Anfang Antwort Anwendung Arbeit Aufgabe Auftrag Autor
            Autorin Bedeutung Bereich Bericht Betrieb Bild Buch Dokument Entscheidung Ergebnis
            Erfahrung Fehler Feld Firma Form Freund Gefahr Geld Grund Gruppe Hilfe Idee
            Information Inhalt Kapitel Kollege Kosten Kunde Kunden Kundin Land Leben Lösung Markt
            Meinung Minute Mitarbeiter Monat Monate Möglichkeit Nachricht Name Nutzen Ordnung
            Person Plan Preis Problem Produkt Programm Projekt Prozess Rechnung Regel Satz Schritt
            Schritte Seite Sekunde Sinn Stadt Stunde Stunden System Tabelle Team Termin Text Thema
            Titel Unternehmen Unterschied Verfahren Version Vorteil Vorteile Welt Werkzeug Wert
            Woche Wochen Ziel Zahl Zahlen Zusammenhang Zustand Zweck
        """,
    }.items()
}
"""Words that say what is meant only together with others: customer, but customer journey."""
SUBJECTS = {
    "en": frozenset("i you he she it we they who which that to can could will would".split()),
    "pt": frozenset("eu tu ele ela nós eles elas que quem".split()),
}
"""After one of these, the first word of a run is a verb: they train models."""
JOINERS = {
    "en": frozenset({"of"}),
    "pt": frozenset("de da do das dos".split()),
    "de": frozenset({"von"}),
}
"""Words that stand within a term: internet of things, banco de dados."""
