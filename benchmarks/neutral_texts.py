"""Ordinary payment texts: the same everyday topics in the languages of the word lists, to count false hits.

The texts were written for this purpose and are about nothing but daily life: rent, wages, school, car, food,
gifts, doctors, travel. Row n of every language speaks of topic n, so that a list which reads one language
worse than another shows at once. Native speakers have not read them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import numpy as np

TOPICS: tuple[str, ...] = (
    "rent", "flat", "wages", "bonus", "overtime", "pension", "child benefit", "invoice", "deposit",
    "refund", "savings", "loan instalment", "mortgage", "card bill", "car insurance", "electricity",
    "water", "internet", "telephone", "school fees", "school trip", "books", "kindergarten", "university",
    "language lessons", "piano", "driving lessons", "birthday gift", "wedding gift", "Christmas", "flowers",
    "food", "lunch", "restaurant", "coffee", "fuel", "car repair", "car", "bus", "flight", "hotel",
    "doctor", "dentist", "medicine", "hospital", "physiotherapy", "glasses", "hairdresser", "gym",
    "football", "cinema", "donation", "furniture", "washing machine", "computer", "clothes", "shoes", "dog",
    "house cleaning", "plumber", "painter", "garden", "passport", "translation", "tax", "parking fine",
    "lawyer", "accountant", "for the family", "for mother", "pocket money", "thanks for the loan",
    "taxi share", "shared bills", "party", "thank you", "sorry for the delay", "telephone second-hand",
    "bicycle", "house help",
)  # fmt: skip

_WRITTEN: dict[str, str] = {
    "English": """rent; flat in town; wages; Easter bonus; overtime; pension; child benefit; invoice;
        furniture deposit; refund; savings; loan instalment; home loan; credit card bill; car insurance;
        electricity bill; water bill; internet; phone bill; school fees; school trip; school books;
        kindergarten; university fees; English lessons; piano lessons; driving lessons; birthday gift;
        wedding gift; Christmas presents; flowers; groceries; lunch; dinner at the restaurant; coffee; petrol;
        car service; car purchase; bus tickets; flight tickets; hotel; doctor; dentist; medicine; hospital;
        physiotherapy; glasses; hairdresser; gym; football tickets; cinema; donation to the church; sofa;
        washing machine; laptop; clothes; shoes; vet for the dog; house cleaning; plumber;
        painting of the house; garden work; passport renewal; translation; income tax; parking fine; lawyer;
        accountant; for the family; for mum; pocket money; thanks for the loan; taxi share; shared bills;
        party; thank you; sorry for the delay; used phone; bicycle; house help""",
    "Greek": """ενοίκιο; διαμέρισμα στην πόλη; μισθός; δώρο Πάσχα; υπερωρίες; σύνταξη; επίδομα τέκνου;
        τιμολόγιο; προκαταβολή επίπλων; επιστροφή χρημάτων; αποταμίευση; δόση δανείου; στεγαστικό δάνειο;
        πιστωτική κάρτα; ασφάλεια αυτοκινήτου; λογαριασμός ρεύματος; λογαριασμός νερού; ίντερνετ;
        λογαριασμός τηλεφώνου; δίδακτρα σχολείου; σχολική εκδρομή; σχολικά βιβλία; νηπιαγωγείο;
        δίδακτρα πανεπιστημίου; μαθήματα αγγλικών; μαθήματα πιάνου; μαθήματα οδήγησης; δώρο γενεθλίων;
        δώρο γάμου; χριστουγεννιάτικα δώρα; λουλούδια; ψώνια; μεσημεριανό; δείπνο στο εστιατόριο; καφές;
        βενζίνη; σέρβις αυτοκινήτου; αγορά αυτοκινήτου; εισιτήρια λεωφορείου; αεροπορικά εισιτήρια;
        ξενοδοχείο; γιατρός; οδοντίατρος; φάρμακα; νοσοκομείο; φυσιοθεραπεία; γυαλιά; κομμωτήριο; γυμναστήριο;
        εισιτήρια ποδοσφαίρου; σινεμά; δωρεά στην εκκλησία; καναπές; πλυντήριο; υπολογιστής; ρούχα; παπούτσια;
        κτηνίατρος για τον σκύλο; καθαρισμός σπιτιού; υδραυλικός; βάψιμο σπιτιού; εργασίες κήπου;
        ανανέωση διαβατηρίου; μετάφραση; φόρος εισοδήματος; πρόστιμο στάθμευσης; δικηγόρος; λογιστής;
        για την οικογένεια; για τη μαμά; χαρτζιλίκι; ευχαριστώ για το δανεικό; μερίδιο ταξί; κοινά έξοδα;
        πάρτι; ευχαριστώ; συγγνώμη για την καθυστέρηση; μεταχειρισμένο τηλέφωνο; ποδήλατο; οικιακή βοηθός""",
    "Russian": """аренда; квартира в городе; зарплата; премия к празднику; сверхурочные; пенсия;
        детское пособие; счёт; задаток за мебель; возврат денег; сбережения; платёж по кредиту; ипотека;
        кредитная карта; страховка машины; счёт за свет; счёт за воду; интернет; счёт за телефон;
        оплата школы; школьная поездка; учебники; детский сад; оплата университета; уроки английского;
        уроки пианино; уроки вождения; подарок на день рождения; подарок на свадьбу; подарки на рождество;
        цветы; продукты; обед; ужин в ресторане; кофе; бензин; ремонт машины; покупка машины;
        билеты на автобус; авиабилеты; гостиница; врач; зубной врач; лекарства; больница; физиотерапия; очки;
        парикмахерская; спортзал; билеты на футбол; кино; пожертвование церкви; диван; стиральная машина;
        ноутбук; одежда; обувь; ветеринар для собаки; уборка дома; сантехник; покраска дома; работа в саду;
        новый паспорт; перевод документов; подоходный налог; штраф за парковку; адвокат; бухгалтер; для семьи;
        для мамы; карманные деньги; спасибо что занял; доля за такси; общие расходы; вечеринка; спасибо;
        извини за задержку; телефон с рук; велосипед; домработница""",
    "Ukrainian": """оренда; квартира в місті; зарплата; премія до свята; понаднормові; пенсія;
        допомога на дитину; рахунок; завдаток за меблі; повернення коштів; заощадження; платіж за кредитом;
        іпотека; кредитна картка; страховка авто; рахунок за світло; рахунок за воду; інтернет;
        рахунок за телефон; оплата школи; шкільна поїздка; підручники; дитячий садок; оплата університету;
        уроки англійської; уроки піаніно; уроки водіння; подарунок на день народження; подарунок на весілля;
        подарунки на різдво; квіти; продукти; обід; вечеря в ресторані; кава; бензин; ремонт авто;
        купівля авто; квитки на автобус; авіаквитки; готель; лікар; стоматолог; ліки; лікарня; фізіотерапія;
        окуляри; перукарня; спортзал; квитки на футбол; кіно; пожертва церкві; диван; пральна машина; ноутбук;
        одяг; взуття; ветеринар для собаки; прибирання будинку; сантехнік; фарбування будинку; робота в саду;
        новий паспорт; переклад документів; податок на доходи; штраф за паркування; адвокат; бухгалтер;
        для родини; для мами; кишенькові гроші; дякую що позичив; частка за таксі; спільні витрати; вечірка;
        дякую; вибач за затримку; вживаний телефон; велосипед; хатня робітниця""",
    "Romanian": """chirie; apartament în oraș; salariu; primă de Paște; ore suplimentare; pensie;
        alocație copil; factură; avans mobilă; rambursare; economii; rată credit; credit ipotecar;
        card de credit; asigurare mașină; factură curent; factură apă; internet; factură telefon; taxă școală;
        excursie școlară; manuale; grădiniță; taxă universitate; lecții engleză; lecții pian; lecții auto;
        cadou zi de naștere; cadou nuntă; cadouri crăciun; flori; cumpărături; prânz; cină la restaurant;
        cafea; benzină; reparație mașină; cumpărare mașină; bilete autobuz; bilete avion; hotel; doctor;
        dentist; medicamente; spital; fizioterapie; ochelari; coafor; sală de sport; bilete fotbal; cinema;
        donație biserică; canapea; mașină de spălat; laptop; haine; pantofi; veterinar câine; curățenie casă;
        instalator; zugrăvit casă; lucru în grădină; pașaport nou; traducere acte; impozit venit;
        amendă parcare; avocat; contabil; pentru familie; pentru mama; bani de buzunar;
        mulțumesc pentru împrumut; parte taxi; cheltuieli comune; petrecere; mulțumesc;
        scuze pentru întârziere; telefon la mâna a doua; bicicletă; menajeră""",
    "Bulgarian": """наем; апартамент в града; заплата; премия за празника; извънреден труд; пенсия;
        детски надбавки; фактура; капаро за мебели; връщане на сума; спестявания; вноска по кредит; ипотека;
        кредитна карта; застраховка на кола; сметка за ток; сметка за вода; интернет; сметка за телефон;
        училищна такса; училищна екскурзия; учебници; детска градина; университетска такса;
        уроци по английски; уроци по пиано; шофьорски курс; подарък за рожден ден; подарък за сватба;
        коледни подаръци; цветя; покупки; обяд; вечеря в ресторант; кафе; бензин; ремонт на кола;
        покупка на кола; билети за автобус; самолетни билети; хотел; лекар; зъболекар; лекарства; болница;
        физиотерапия; очила; фризьор; фитнес; билети за футбол; кино; дарение за църква; диван; пералня;
        лаптоп; дрехи; обувки; ветеринар за кучето; почистване на къща; водопроводчик; боядисване на къща;
        работа в градината; нов паспорт; превод на документи; данък доход; глоба за паркиране; адвокат;
        счетоводител; за семейството; за мама; джобни пари; благодаря за заема; дял за такси; общи разходи;
        парти; благодаря; извинявай за забавянето; телефон втора ръка; велосипед; домашна помощница""",
    "Latvian": """īres maksa; dzīvoklis pilsētā; alga; prēmija; virsstundas; pensija; bērna pabalsts; rēķins;
        avanss par mēbelēm; atmaksa; uzkrājums; kredīta maksājums; hipotēka; kredītkarte; auto apdrošināšana;
        rēķins par elektrību; rēķins par ūdeni; internets; rēķins par telefonu; skolas maksa;
        skolas ekskursija; mācību grāmatas; bērnudārzs; studiju maksa; angļu valodas stundas;
        klavieru stundas; braukšanas stundas; dāvana dzimšanas dienā; kāzu dāvana; ziemassvētku dāvanas;
        ziedi; pārtika; pusdienas; vakariņas restorānā; kafija; benzīns; auto remonts; auto pirkums;
        autobusa biļetes; lidmašīnas biļetes; viesnīca; ārsts; zobārsts; zāles; slimnīca; fizioterapija;
        brilles; frizieris; sporta zāle; futbola biļetes; kino; ziedojums baznīcai; dīvāns; veļas mašīna;
        dators; drēbes; kurpes; veterinārs sunim; mājas uzkopšana; santehniķis; mājas krāsošana; dārza darbi;
        jauna pase; dokumentu tulkojums; ienākuma nodoklis; sods par stāvvietu; advokāts; grāmatvedis;
        ģimenei; mammai; kabatas nauda; paldies par aizdevumu; taksometra daļa; kopīgie izdevumi; ballīte;
        paldies; piedod par kavēšanos; lietots telefons; velosipēds; mājkalpotāja""",
    "Turkish": """kira; şehirde daire; maaş; bayram ikramiyesi; fazla mesai; emekli maaşı; çocuk yardımı;
        fatura; mobilya kaporası; para iadesi; birikim; kredi taksidi; konut kredisi; kredi kartı;
        araba sigortası; elektrik faturası; su faturası; internet; telefon faturası; okul ücreti; okul gezisi;
        okul kitapları; anaokulu; üniversite harcı; ingilizce dersi; piyano dersi; sürücü kursu;
        doğum günü hediyesi; düğün hediyesi; yılbaşı hediyesi; çiçek; market alışverişi; öğle yemeği;
        restoranda akşam yemeği; kahve; benzin; araba tamiri; araba alımı; otobüs bileti; uçak bileti; otel;
        doktor; dişçi; ilaç; hastane; fizik tedavi; gözlük; kuaför; spor salonu; futbol bileti; sinema; bağış;
        koltuk takımı; çamaşır makinesi; bilgisayar; kıyafet; ayakkabı; köpek için veteriner; ev temizliği;
        tesisatçı; ev boyama; bahçe işleri; pasaport yenileme; tercüme; gelir vergisi; park cezası; avukat;
        muhasebeci; aile için; annem için; harçlık; borç için teşekkürler; taksi payı; ortak masraflar; parti;
        teşekkürler; gecikme için özür; ikinci el telefon; bisiklet; ev yardımcısı""",
    "Spanish": """alquiler; piso en la ciudad; nómina; paga extra; horas extra; pensión; ayuda por hijo;
        factura; señal muebles; reembolso; ahorros; cuota del préstamo; hipoteca; tarjeta de crédito;
        seguro del coche; recibo de la luz; recibo del agua; internet; recibo del teléfono; cuota del colegio;
        excursión escolar; libros de texto; guardería; matrícula universidad; clases de inglés;
        clases de piano; clases de conducir; regalo de cumpleaños; regalo de boda; regalos de navidad; flores;
        compra semanal; comida; cena en restaurante; café; gasolina; taller del coche; compra del coche;
        billetes de autobús; billetes de avión; hotel; médico; dentista; medicinas; hospital; fisioterapia;
        gafas; peluquería; gimnasio; entradas fútbol; cine; donativo iglesia; sofá; lavadora; ordenador; ropa;
        zapatos; veterinario del perro; limpieza de casa; fontanero; pintar la casa; jardín;
        renovar pasaporte; traducción; impuesto renta; multa de aparcamiento; abogado; gestor;
        para la familia; para mamá; paga de los niños; gracias por el préstamo; parte del taxi;
        gastos comunes; fiesta; gracias; perdón por el retraso; móvil usado; bicicleta; empleada de hogar""",
    "Portuguese": """renda da casa; apartamento na cidade; salário; subsídio de natal; horas extra; reforma;
        abono de família; fatura; sinal móveis; reembolso; poupança; prestação do crédito; crédito habitação;
        cartão de crédito; seguro do carro; conta da luz; conta da água; internet; conta do telefone;
        propinas da escola; visita de estudo; livros escolares; infantário; propinas universidade;
        aulas de inglês; aulas de piano; aulas de condução; prenda de anos; presente de casamento;
        prendas de natal; flores; compras; almoço; jantar no restaurante; café; gasolina; oficina do carro;
        compra do carro; bilhetes de autocarro; bilhetes de avião; hotel; médico; dentista; medicamentos;
        hospital; fisioterapia; óculos; cabeleireiro; ginásio; bilhetes futebol; cinema; donativo igreja;
        sofá; máquina de lavar; computador; roupa; sapatos; veterinário do cão; limpeza da casa; canalizador;
        pintura da casa; jardim; renovar passaporte; tradução; imposto; multa de estacionamento; advogado;
        contabilista; para a família; para a mãe; mesada; obrigado pelo empréstimo; parte do táxi;
        despesas comuns; festa; obrigado; desculpa o atraso; telemóvel usado; bicicleta;
        empregada doméstica""",
    "French": """loyer; appartement en ville; salaire; prime; heures supplémentaires; retraite;
        allocation enfant; facture; acompte meubles; remboursement; épargne; mensualité du prêt;
        crédit immobilier; carte de crédit; assurance voiture; facture électricité; facture eau; internet;
        facture téléphone; frais scolaires; sortie scolaire; livres scolaires; crèche; frais université;
        cours d'anglais; cours de piano; cours de conduite; cadeau anniversaire; cadeau de mariage;
        cadeaux de noël; fleurs; courses; déjeuner; dîner au restaurant; café; essence; garage voiture;
        achat voiture; billets de bus; billets d'avion; hôtel; médecin; dentiste; médicaments; hôpital;
        kinésithérapie; lunettes; coiffeur; salle de sport; billets football; cinéma; don église; canapé;
        machine à laver; ordinateur; vêtements; chaussures; vétérinaire chien; ménage maison; plombier;
        peinture maison; jardin; renouvellement passeport; traduction; impôt; amende stationnement; avocat;
        comptable; pour la famille; pour maman; argent de poche; merci pour le prêt; part du taxi;
        charges communes; fête; merci; désolé pour le retard; téléphone occasion; vélo; aide ménagère""",
    "Vietnamese": """tiền nhà; căn hộ trong thành phố; tiền lương; thưởng tết; làm thêm giờ; lương hưu;
        trợ cấp con; hóa đơn; đặt cọc nội thất; hoàn tiền; tiết kiệm; trả góp ngân hàng; vay mua nhà;
        thẻ tín dụng; bảo hiểm xe; tiền điện; tiền nước; mạng internet; tiền điện thoại; học phí;
        đi chơi cùng trường; sách học; nhà trẻ; học phí đại học; học tiếng Anh; học đàn; học lái xe;
        quà sinh nhật; mừng cưới; quà giáng sinh; hoa; đi chợ; ăn trưa; ăn tối nhà hàng; cà phê; xăng; sửa xe;
        mua xe; vé xe buýt; vé máy bay; khách sạn; bác sĩ; nha sĩ; thuốc; bệnh viện; vật lý trị liệu;
        kính mắt; cắt tóc; phòng tập; vé bóng đá; xem phim; ủng hộ chùa; ghế sofa; máy giặt; máy tính;
        quần áo; giày; bác sĩ thú y; dọn nhà; thợ nước; sơn nhà; làm vườn; hộ chiếu mới; dịch giấy tờ;
        thuế thu nhập; phạt đỗ xe; luật sư; kế toán; cho gia đình; cho mẹ; tiền tiêu vặt; cảm ơn đã cho mượn;
        chia tiền taxi; chi phí chung; tiệc; cảm ơn; xin lỗi gửi muộn; điện thoại cũ; xe đạp;
        giúp việc nhà""",
    "Hindi": """kiraya; sheher mein flat; tankhwah; diwali bonus; overtime ka paisa; pension;
        bachche ka bhatta; bill; furniture ka advance; paisa wapas; bachat; loan ki kist; ghar ka loan;
        credit card bill; gaadi ka bima; bijli bill; paani bill; internet; phone bill; school fees;
        school picnic; school kitaben; nursery school; college fees; angrezi class; piano class;
        gaadi seekhna; janamdin ka tohfa; shaadi ka tohfa; diwali ka tohfa; phool; rashan; dopahar ka khana;
        hotel mein khana; chai coffee; petrol; gaadi ki marammat; gaadi kharidi; bus ticket; hawai ticket;
        hotel; doctor; daant ka doctor; dawai; aspatal; physiotherapy; chashma; baal katwana; gym;
        football ticket; cinema; mandir daan; sofa; washing machine; laptop; kapde; joote; kutte ka doctor;
        ghar ki safai; nal wala; ghar ka rang; bagicha; naya passport; anuvaad; income tax; parking jurmana;
        vakil; munshi; parivar ke liye; maa ke liye; jeb kharch; udhaar ke liye shukriya; taxi ka hissa;
        saanjha kharch; party; dhanyavaad; der ke liye maafi; purana phone; cycle; kaamwali bai""",
    "Nepali": """kotha bhada; sahar ma flat; talab; dashain bonus; overtime; pension; bachcha bhatta; bill;
        furniture peski; paisa firta; bachat; bank kista; ghar karja; credit card bill; gadi bima; batti bill;
        pani bill; internet; phone bill; school shulka; school bhraman; school kitab; nursery; college shulka;
        angreji kakshya; piano kakshya; gadi sikne; janmadin upahar; bihe upahar; tihar upahar; phul; kirana;
        diuso ko khana; restaurant khana; coffee; petrol; gadi marmat; gadi kinna; bus ticket; jahaj ticket;
        hotel; doctor; dant doctor; ausadhi; aspatal; physiotherapy; chasma; kapal katna; gym;
        football ticket; cinema; mandir daan; sofa; washing machine; laptop; luga; jutta; kukur ko doctor;
        ghar safa; dhara marmat; ghar rang; bagaicha; naya rahadani; anubad; aay kar; parking jariwana; wakil;
        lekha; pariwar ko lagi; aama ko lagi; kharcha; sapat ko lagi dhanyabad; taxi bhag; sajha kharcha;
        party; dhanyabad; dhilo bhayo maaf; purano phone; cycle; ghar kaam garne didi""",
    "Bengali": """bari bhara; shohore flat; beton; eid bonus; overtime; pension; shontan bhata; bill;
        asbab agrim; taka ferot; shonchoy; bank kisti; bari kena loan; credit card bill; gari bima;
        biddut bill; pani bill; internet; phone bill; school beton; school bhromon; school boi; nursery;
        bishwabiddaloy beton; ingreji class; piano class; gari shekha; jonmodin upohar; biyer upohar;
        eid upohar; phul; bazar; dupurer khabar; restaurant khabar; cha coffee; petrol; gari meramot;
        gari kena; bus ticket; biman ticket; hotel; daktar; dater daktar; oshudh; haspatal; physiotherapy;
        choshma; chul kata; gym; football ticket; cinema; moshjid daan; sofa; washing machine; laptop; kapor;
        juta; kukurer daktar; ghor porishkar; mistri; bari rong; bagan; notun passport; onubad; ay kor;
        parking jorimana; ukil; hishab; poribarer jonno; mayer jonno; hat khoroch; dharer jonno dhonnobad;
        taxi bhag; jouto khoroch; party; dhonnobad; deri hoyeche maaf; purano phone; cycle; kajer bua""",
    "Filipino": """upa sa bahay; apartment sa bayan; sahod; bonus sa pasko; obertaym; pensyon; tulong sa bata;
        resibo; paunang bayad sa gamit; balik bayad; ipon; hulog sa bangko; hulog sa housing loan;
        credit card bill; seguro ng kotse; bayad kuryente; bayad tubig; internet; bayad telepono;
        bayad sa eskwela; lakbay aral; libro sa eskwela; kinder; tuition sa kolehiyo; klase sa ingles;
        klase sa piano; aral magmaneho; regalo sa kaarawan; regalo sa kasal; pamasko; bulaklak; grocery;
        tanghalian; hapunan sa labas; kape; gasolina; ayos ng kotse; bili ng kotse; pamasahe sa bus;
        tiket sa eroplano; hotel; doktor; dentista; gamot; ospital; pisikal na terapi; salamin; pagupit; gym;
        tiket sa basketbol; sine; donasyon sa simbahan; sopa; washing machine; laptop; damit; sapatos;
        beterinaryo ng aso; linis ng bahay; tubero; pintura ng bahay; hardin; bagong pasaporte;
        salin ng papeles; buwis; multa sa parking; abogado; tagatuos; para sa pamilya; para kay nanay; baon;
        salamat sa pahiram; ambag sa taksi; hati sa gastos; handaan; salamat; pasensya sa antala;
        lumang telepono; bisikleta; kasambahay""",
}

_NAMES = (
    "Maria Georgiou", "Ανδρέας Παύλου", "Olena Koval", "Ion Popescu", "Nayem Hossain", "Sita Gurung",
    "Minh Tran", "Kira Petrova", "Grace Okafor", "Deniz Yilmaz", "J Borg", "Anjali Sharma",
)  # fmt: skip
_WHEN = ("03/2026", "May", "12-5", "2026", "no 45", "x2", "1h", "ref 118")

_GREEKLISH = {
    "ου": ("ou", "oy"), "ευ": ("ef", "ey"), "αυ": ("av", "ay"), "μπ": ("mp", "b"), "ντ": ("nt", "d"),
    "γγ": ("gg", "ng"), "α": ("a", "a"), "β": ("v", "b"), "γ": ("g", "g"), "δ": ("d", "d"), "ε": ("e", "e"),
    "ζ": ("z", "z"), "η": ("i", "h"), "θ": ("th", "8"), "ι": ("i", "i"), "κ": ("k", "k"), "λ": ("l", "l"),
    "μ": ("m", "m"), "ν": ("n", "n"), "ξ": ("x", "ks"), "ο": ("o", "o"), "π": ("p", "p"), "ρ": ("r", "r"),
    "σ": ("s", "s"), "ς": ("s", "s"), "τ": ("t", "t"), "υ": ("y", "u"), "φ": ("f", "f"), "χ": ("ch", "x"),
    "ψ": ("ps", "ps"), "ω": ("o", "w"),
}  # fmt: skip
_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "є": "ie", "ж": "zh", "з": "z",
    "и": "i", "і": "i", "ї": "i", "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p",
    "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
    "щ": "shch", "ъ": "a", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
}  # fmt: skip


def without_accents(text: str) -> str:
    """Gives a text without its accents and other marks."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def greeklish(text: str, way: int = 0) -> str:
    """Writes a Greek text in Latin letters: by sound (way 0) or by the look of the letters (way 1)."""
    text = without_accents(text.lower())
    for letters, ways in _GREEKLISH.items():
        text = text.replace(letters, ways[way])
    return text


def romanised(text: str) -> str:
    """Writes a Cyrillic text in Latin letters in the most usual way."""
    return "".join(_CYRILLIC.get(c, c) for c in text.lower())


def phrases() -> dict[str, tuple[str, ...]]:
    """Gives the texts per language and way of writing; place n is about topic n."""
    out = {name: tuple(" ".join(t.split()) for t in said.split(";")) for name, said in _WRITTEN.items()}
    greek = out["Greek"]
    out["Greek without accents"] = tuple(map(without_accents, greek))
    out["Greek in capitals"] = tuple(without_accents(t).upper() for t in greek)
    out["Greeklish by sound"] = tuple(greeklish(t, 0) for t in greek)
    out["Greeklish by look"] = tuple(greeklish(t, 1) for t in greek)
    for name in ("Russian", "Ukrainian", "Bulgarian"):
        out[f"{name} in Latin letters"] = tuple(map(romanised, out[name]))
    for name in ("Romanian", "Latvian", "Turkish", "Spanish", "Portuguese", "French", "Vietnamese"):
        plain = (without_accents(t.replace("ı", "i").replace("đ", "d")) for t in out[name])
        out[f"{name} without accents"] = tuple(plain)
    return out


def rows(said: tuple[str, ...], count: int = 10_000) -> list[str]:
    """Combines the texts of a language into `count` rows, each time the same.

    One row in four is a text alone; the others bear a month or number, a name, or a second text.
    """
    return list(_rows(said, count))


def _rows(said: tuple[str, ...], count: int) -> Iterator[str]:
    draw = np.random.default_rng(20241)
    picks = zip(*(draw.integers(0, 1 << 30, count).tolist() for _ in range(3)), strict=True)
    for n, (second, name, when) in enumerate(picks):
        text = said[n % len(said)]
        extras = ("", _WHEN[when % len(_WHEN)], _NAMES[name % len(_NAMES)], said[second % len(said)])
        whole = f"{text} {extras[n // len(said) % 4]}".strip()
        yield whole.upper() if when % 5 == 0 else whole
