"""Words for the slots of the sentence frames (expand.py). Some are unpleasant on purpose: a model has to know what it must flag."""

def split(text):
    return [part.strip() for part in text.replace('\n', ' ').split(';') if part.strip()]


JOBS = split("""carpenter; electrician; plumber; painter; roofer; welder; boilermaker; bricklayer; plasterer; scaffolder; rigger; crane operator; excavator operator;
forklift driver; truck driver; bus driver; courier; delivery driver; storeperson; warehouse hand; picker packer; cleaner; housekeeper; kitchen hand;
cook; chef; pastry cook; baker; barista; waiter; bartender; hotel receptionist; concierge; receptionist; office manager; bookkeeper; accountant;
payroll clerk; data entry operator; legal secretary; paralegal; conveyancer; nurse; enrolled nurse; aged care worker; disability support worker;
personal carer; dental assistant; dental nurse; pharmacy assistant; pathology collector; physiotherapist; social worker; youth worker; counsellor;
teacher; teacher aide; childcare educator; tutor; librarian; lab technician; surveyor; draftsman; civil engineer; mechanical engineer; process
operator; machine operator; fitter; diesel mechanic; motor mechanic; panel beater; auto electrician; tyre fitter; gardener; landscaper; arborist; farm
hand; shearer; stockman; dairy hand; fruit picker; vineyard worker; deckhand; fisherman; butcher; boner; meat packer; florist; hairdresser;
beautician; barber; retail assistant; checkout operator; store manager; visual merchandiser; sales representative; account manager; real estate agent;
property manager; insurance broker; call centre agent; customer service officer; bank teller; loans officer; software developer; web developer;
systems administrator; help desk analyst; data analyst; project manager; business analyst; tester; network engineer; graphic designer; photographer;
video editor; journalist; copywriter; translator; interpreter; event planner; security guard; crowd controller; locksmith; traffic controller;
labourer; concreter; glazier; tiler; cabinetmaker; joiner; upholsterer; seamstress; machinist; tailor; toolmaker; sheet metal worker; refrigeration
mechanic; solar installer; meter reader; rail signaller; train driver; pilot; flight attendant; travel consultant; fitness instructor; swim teacher;
lifeguard; umpire; actor; musician; tattooist; sommelier; brewer; winemaker; geologist; chemist; biologist; environmental officer; ranger;
firefighter; paramedic; policy officer; town planner; building inspector; HR adviser; recruiter; trainer; marketing manager; operations manager; site
supervisor; general manager; finance director; procurement officer; logistics planner; fleet controller; quality inspector; auditor; risk adviser;
economist; statistician; archivist; museum guide; zookeeper; vet nurse; dog groomer""")

PLACES = split("""Ballarat; Bendigo; Geelong; Shepparton; Mildura; Wodonga; Frankston; Dandenong; Footscray; Sunshine; Werribee; Melton; Box Hill; Ringwood; Preston;
Reservoir; Coburg; Parramatta; Penrith; Blacktown; Liverpool; Bankstown; Campbelltown; Newcastle; Wollongong; Dubbo; Orange; Tamworth; Wagga; Albury;
Lismore; Gosford; Hornsby; Cronulla; Marrickville; Auburn; Toowoomba; Ipswich; Logan; Caboolture; Cairns; Townsville; Mackay; Rockhampton; Gladstone;
Bundaberg; Mount Isa; Noosa; Chermside; Darwin; Katherine; Alice Springs; Perth; Fremantle; Joondalup; Rockingham; Bunbury; Albany; Kalgoorlie;
Broome; Karratha; Geraldton; Adelaide; Elizabeth; Salisbury; Port Augusta; Mount Gambier; Whyalla; Hobart; Launceston; Devonport; Burnie; Canberra;
Queanbeyan; Belconnen; Goulburn; the Hunter; the Barossa; the Riverina; Gippsland; the Pilbara; the Central Coast; the Gold Coast; the western
suburbs; the inner north; the Mornington Peninsula; Brisbane; Sydney; Melbourne; the Wimmera; the Mallee""")

COUNTRIES = split("""Vietnam; India; Nepal; Sri Lanka; Bangladesh; Pakistan; Iran; Iraq; Syria; Lebanon; Egypt; Sudan; Ethiopia; Kenya; Nigeria; Ghana; Brazil; Chile;
Colombia; Peru; Mexico; Spain; Italy; Greece; Turkey; Poland; Ukraine; Russia; Romania; Serbia; Croatia; Germany; France; Ireland; Scotland; England;
New Zealand; Fiji; Samoa; Tonga; Indonesia; Malaysia; Singapore; Thailand; China; Taiwan; Japan; Korea; the Philippines; Myanmar; Afghanistan; South
Africa; Zimbabwe""")

LANGUAGES = split("""Vietnamese; Hindi; Punjabi; Nepali; Sinhala; Tamil; Bengali; Urdu; Farsi; Dari; Arabic; Amharic; Swahili; Portuguese; Spanish; Italian; Greek;
Turkish; Polish; Russian; Serbian; German; French; Samoan; Tongan; Indonesian; Malay; Thai; Mandarin; Cantonese; Japanese; Korean; Tagalog; Burmese;
Auslan; Khmer; Croatian; Maltese""")

NAMES = split("""Aaron; Abbey; Adam; Aisha; Alex; Ali; Amy; Ana; Andrew; Angela; Anh; Anita; Arjun; Bella; Ben; Beth; Brad; Bruce; Carla; Carlos; Chloe; Chris; Claire;
Craig; Daniel; Darren; Dave; Deepak; Diana; Donna; Elena; Emily; Emma; Fatima; Fiona; Frank; George; Georgia; Glenn; Grace; Hannah; Harry; Hassan;
Helen; Ian; Isla; Ivan; Jack; Jade; James; Jane; Jason; Jenny; Jess; Jin; Joan; John; Jorge; Josh; Julie; Karen; Kate; Keith; Kevin; Kim; Kylie;
Lachlan; Laura; Leanne; Leo; Liam; Linda; Lisa; Luca; Lucy; Luke; Mai; Marco; Maria; Mark; Matt; Megan; Mia; Michael; Mick; Minh; Mohammed; Nadia;
Natalie; Nathan; Nick; Nicole; Noah; Olivia; Omar; Pat; Paul; Peter; Priya; Rachel; Raj; Ravi; Rebecca; Robyn; Rosa; Ross; Ruth; Ryan; Sally; Sam;
Sandra; Sarah; Scott; Sean; Sharon; Shane; Simon; Sione; Sofia; Stella; Steve; Sue; Tanya; Tara; Terry; Theo; Thi; Tim; Tom; Tony; Tracey; Tyler;
Vera; Vicki; Wayne; Wei; Wendy; Will; Xin; Yasmin; Yuki; Zac; Zoe""")

SURNAMES = split("""Smith; Jones; Nguyen; Brown; Wilson; Taylor; Singh; Patel; Kaur; Tran; Lee; Chen; Wang; Kelly; Murphy; Walsh; Ryan; O'Brien; O'Connor; McDonald;
Campbell; Stewart; Robertson; Anderson; Thompson; Harris; Martin; Clarke; White; Hall; Baker; Cooper; Mason; Turner; Fisher; Hunter; Palmer; Webb;
Barnes; Bennett; Carter; Collins; Cox; Davies; Edwards; Foster; Graham; Grant; Hughes; Jackson; Kim; King; Marshall; Mitchell; Morgan; Morris;
Papadopoulos; Rossi; Russo; Ferrari; Silva; Santos; Costa; Garcia; Kovac; Novak; Petrov; Ivanov; Schmidt; Weber; Haddad; Khan; Ahmed; Ali; Hussein;
Abdi; Okafor; Mensah; Banda; Sharma; Gupta; Fernando; Perera; Suzuki; Tanaka; Park; Lim; Tan; Wong; Chan; Ho; Le; Pham; Vu; Faleolo; Tuilagi""")

COMPANY_TAILS = split("""Homes; Transport; Group; & Sons; Constructions; Plumbing; Engineering; Foods; Bakery; Motors; Logistics; Partners; Real Estate; Dairy; Brothers;
Electrical; Hotels; Legal; Farms; Timber; Steel; Landscapes; Freight; Press; Pty Ltd; Wines; Smash Repairs""")

THINGS = split("""invoices; stock; orders; bookings; rosters; the till; deliveries; customers; spreadsheets; reports; cash handling; bathrooms; kitchens; fences; decks;
gutters; pumps; conveyors; boilers; engines; brakes; gearboxes; trailers; hydraulics; pallets; containers; timber frames; concrete slabs;
switchboards; cabling; servers; databases; tickets; phone calls; complaints; wages; tax returns; audits; contracts; tenders; lesson plans; storytime;
medication rounds; meals; showers and transfers; outings; care plans; wound dressings; blood samples; window displays; price changes; stocktakes;
deliveries at dawn; banquets; breakfasts; sauces; bread; cakes; coffee; cocktails; wine service; hedges; lawns; pruning; irrigation; sheep; cattle;
calves; tractors; harvesters; spraying; nets; fillets; cuts of meat; flower orders; haircuts; colour work; photo shoots; edits; page layouts; logos;
websites; test scripts; bug reports; code reviews; site inductions; safety meetings; toolbox talks; drawings; site plans; estimates; budgets; board
papers; policy briefs; grant applications; minutes; diaries; travel bookings; interviews; training days""")

GERUNDS = split("""serving customers; keeping the books; answering phones; loading trucks; driving long distances; fixing what is broken; reading plans; writing reports;
running a team; training new starters; cooking for a crowd; cleaning as I go; planning the week; solving problems; working outdoors; working with
animals; looking after older people; helping children read; building things by hand; chasing payments; keeping records; ordering stock; checking
quality; setting up machines; meeting deadlines; talking to people; listening to complaints; finding faults; pouring concrete; hanging doors; laying
tiles; painting interiors; pruning fruit trees; milking cows; sewing curtains; cutting hair; baking bread; making coffee; selling tickets; managing
rosters; handling cash; entering data; testing software; drawing maps; editing video; designing posters; teaching swimming; running events; packing
orders; sorting mail; mending clothes; restoring furniture; growing vegetables""")

TICKETS = split("""white card; forklift licence; HR licence; HC licence; MC licence; MR licence; LF ticket; LO ticket; dogging ticket; rigging ticket; working at heights
ticket; confined space ticket; EWP ticket; first aid certificate; CPR certificate; RSA; RSG; food safety certificate; Working with Children Check;
police check; NDIS clearance; Certificate II in Hospitality; Certificate III in Individual Support; Certificate III in Carpentry; Certificate IV in
Training and Assessment; Certificate III in Warehousing; Cert III in Early Childhood; Cert IV in Accounting; Diploma of Nursing; diploma in community
services; degree in commerce; master's degree in engineering; Bachelor of Arts; security licence; blue card; open electrical licence; A grade licence;
car licence and own car; ABN and own tools; manual driver's licence; trade certificate; coxswain ticket; boning ticket; traffic control ticket;
asbestos removal licence; bronze medallion; ChemCert; heavy vehicle licence; BAS agent registration""")

SOFTWARE = split("""Excel; Word; Outlook; MYOB; Xero; SAP; Salesforce; AutoCAD; Revit; Photoshop; Illustrator; Canva; Teams; PowerPoint; SQL; Python; Java; Linux;
WordPress; Power BI; Deputy; QuickBooks; Pronto; Oracle; ServiceNow; Jira; Opera; LEAP; QGIS; Premiere""")

INDUSTRIES = split("""retail; hospitality; construction; mining; agriculture; aged care; disability services; health; education; childcare; transport; logistics;
manufacturing; food processing; banking; insurance; real estate; local government; the public service; law; tourism; security; cleaning;
telecommunications; energy; forestry; fishing; the arts; publishing; sport; community services; horticulture; aviation; rail; ports; waste and
recycling; property; engineering""")

QUALITIES = split("""reliable; punctual; patient; careful; organised; friendly; calm under pressure; honest; flexible; quick to learn; tidy; thorough; practical; steady;
fit; polite; good with people; good with my hands; motivated; enthusiastic; adaptable; hard-working; a team player; easy to get on with;
detail-focused; resourceful; discreet; cheerful; creative; dependable; methodical""")

HOBBIES = split("""cricket; football; netball; gardening; fishing; chess; hiking; running; cycling; choir; painting; pottery; knitting; quilting; model trains; restoring
old cars; bird watching; surfing; swimming; baking; beekeeping; photography; the guitar; community theatre; coaching juniors; camping; crosswords;
woodwork; keeping bees; dog training; rowing; volunteering at the op shop""")

SHIFTS = split("""day shift; night shift; weekends; early starts; split shifts; afternoons; school hours; part-time hours; full-time work; casual work; shift work;
overtime; public holidays; FIFO; any roster; three days a week; four days a week""")

ILLNESSES = split("""depression; anxiety; bipolar disorder; epilepsy; diabetes; type 2 diabetes; asthma; arthritis; chronic pain; chronic fatigue; a heart condition; high
blood pressure; PTSD; schizophrenia; cancer; breast cancer; leukaemia; Crohn's disease; multiple sclerosis; migraines; a bad back; a slipped disc;
sciatica; hepatitis C; lupus; endometriosis; insomnia; panic attacks; OCD; an eating disorder; a drinking problem; a gambling addiction; sleep apnoea;
emphysema; fibromyalgia; kidney disease; coeliac disease; glaucoma; vertigo; gout; long covid; a blood disorder; a stomach ulcer; a thyroid problem;
osteoporosis; bad knees; emotional problems; social anxiety; borderline personality disorder; Parkinson's; postnatal depression""")

CONDITIONS = split("""dementia; autism; diabetes; depression; cancer; motor neurone disease; cerebral palsy; epilepsy; schizophrenia; multiple sclerosis; Parkinson's;
Alzheimer's; an intellectual disability; a brain injury; a stroke; quadriplegia; asthma; anxiety; Down syndrome; heart disease; hearing loss; low
vision; addiction; mental illness; bipolar disorder; a spinal injury; chronic pain""")

BELIEVERS = split("""Christian; Catholic; Muslim; Hindu; Buddhist; Sikh; Jew; Mormon; Baptist; Anglican; Pentecostal; Jehovah's Witness; Lutheran; Orthodox Christian;
Seventh-day Adventist; Presbyterian; believer; Scientologist; Hare Krishna; pagan""")

WORSHIP = split("""church; mosque; temple; synagogue; parish; congregation; gurdwara; Bible study; prayer group; chapel""")

PARTIES = split("""Labor Party; Liberal Party; Greens; Nationals; One Nation; Labor; Liberal; Socialist Alliance; United Australia Party; Shooters party; teal; Family
First; Animal Justice Party; Legalise Cannabis party""")

UNIONS = split("""CFMEU; AMWU; HACSU; SDA; ETU; TWU; AWU; ANMF; RTBU; CPSU; MUA; AEU; NTEU; HSU; Teamsters; United Workers Union; nurses' union; teachers' union;
plumbers' union""")

ETHNICS = split("""Aboriginal; Chinese; Indian; Lebanese; Italian; Greek; Maori; Samoan; Filipino; African; Irish; Vietnamese; Arab; Asian; Scottish; Serbian; Polish;
Sudanese; Turkish; Islander; Latin; Korean; Jewish; Anglo""")

INSULTS = split("""idiot; moron; dickhead; clown; bastard; prick; fool; wanker; scumbag; arsehole; imbecile; halfwit; drongo; parasite; liar; bully; psycho; pig; rat;
crook; cow; dropkick; loser; numbskull; snake; tosser; grub; weasel; bitch; cretin; dog; dipstick; fossil; thief; tight arse; brainless twit; dumb
cow; lazy slob; coward; creep""")

ADJ_INSULTS = split("""lazy; stupid; brainless; two-faced; useless; ignorant; ugly; fat; spineless; greedy; bloody; pathetic; gutless; inbred; incompetent; dumb; lying;
backstabbing; senile; worthless; smug; spoiled; filthy; jumped-up""")

GROUPS = split("""women; gays; Muslims; Indians; Asians; blacks; foreigners; migrants; old people; Aboriginals; Chinese; Jews; lesbians; refugees; Africans; disabled
people; fat people; Christians; homosexuals; transgender people; Arabs; immigrants; Lebanese; white people; teenagers; females; pensioners; Catholics;
Islanders; men""")

RELATIVES = split("""wife; husband; mum; dad; mother; father; brother; sister; son; daughter; partner; uncle; aunt; cousin; girlfriend; boyfriend; nan; grandfather;
sister-in-law; mate""")

PRISONS = split("""Barwon; Long Bay; Silverwater; Fulham; Junee; Bathurst; Casuarina; Yatala; Risdon; Wolston; the farm; a women's prison; youth detention""")

SOCIAL = split("""Instagram; Insta; insta; IG; TikTok; tiktok; Facebook; FB; Snapchat; Snap; snap; X; Twitter; Discord; YouTube; Telegram; Threads; LinkedIn; Pinterest; Twitch; Tumblr; Reddit; WeChat; socials""")
