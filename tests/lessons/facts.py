"""Every number in the lessons, and what computes it.

A fact is a piece of a lesson in both languages with the numbers in it, in any order; or, where a piece says more or
less than that numbers are equal, whether it holds.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dlcore.data import collecting
from dlcore.diffusion.parameterization import guide
from dlcore.diffusion.schedules import T
from dlcore.explain import adversarial, gradient_health, influence
from dlcore.specs.data import ImageData
from dlcore.specs.datasets import describe, normalisation
from dlcore.specs.diffusion import DiffusionTraining
from dlcore.specs.playground import PlaneTraining
from dlcore.specs.recurrent import GATES, LONG, RecurrentNetwork, RecurrentTraining
from dlcore.specs.saliency import METHODS, Saliency
from dlcore.specs.sampling import Sampling
from dlcore.specs.sequences import MEMORIES, SequenceData
from dlcore.specs.training import Training
from dlcore.training.five_seeds import SEEDS
from pages.ui import fitting
from pages.ui.diffusion import film, forward, measuring, stepping
from pages.ui.methods import TEXTS
from pages.ui.transformer.writing import RANGES
from tests.lessons import computing as c


@dataclass(frozen=True)
class Fact:
    """A piece of a lesson in both languages; the numbers in it, or whether it `holds`."""

    lesson: str
    english: str
    turkish: str
    numbers: Callable[[], c.Numbers] | None = None
    holds: Callable[[], bool] | None = None


FACTS = (
    # home
    Fact("home", "has seen 60,000 handwritten digits", "60.000 el yazısı rakam görmüş", c.known_digits),
    Fact("home", "a grid of 28 by 28 grey values", "28'e 28 gri değerden oluşan bir ızgara", lambda: c.reader()[0]),
    Fact("home", "returns ten numbers", "on sayı verir", lambda: c.reader()[1]),
    Fact("home", "that add up to one", "toplamları bir olan", holds=lambda: abs(c.reader()[2] - 1) < 1e-5),
    # digits
    Fact("digits", "Train on 500 digits", "500 rakamla", holds=lambda: c.allows(ImageData, "train_size", 500)),
    Fact("digits", "Raise the learning rate tenfold", "öğrenme oranını on katına çıkarın",
         holds=lambda: c.allows(Training, "learning_rate", 10 * Training().learning_rate)),
    Fact("digits", "two things or more, from three pictures each",
         "iki ya da daha çok şey, her birinden en az üç resim", lambda: (2, collecting.LEAST_PICTURES)),
    Fact("digits", "One picture in five of each class", "Her sınıfın beş resminden biri",
         lambda: [collecting.HELD_OUT]),
    Fact("digits", "scaled to 48×48 pixels", "48×48 piksele ölçeklenir", lambda: [describe("gtsrb").side] * 2),
    Fact("digits", "black is not 0 for it", "ağ için siyah 0 değildir", holds=lambda: c.black()[0] < -0.1),
    Fact("digits", "for MNIST 0.1307 and 0.3081", "MNIST için 0,1307 ve 0,3081", c.mnist),
    Fact("digits", "they are simply 0.5 and 0.25", "düpedüz 0,5 ve 0,25",
         lambda: [values[0] for values in normalisation(f"own-2-10-4-{'0' * 16}", 3)]),
    Fact("digits", "ten times an epoch", "her devirde on kez", lambda: [ImageData().times]),
    # convolution
    Fact("convolution", "a 3×3 kernel is a 3×3×3 stamp with 27 weights",
         "3×3’lük bir çekirdek, 27 ağırlığı ve bir yanlılığı olan 3×3×3’lük", lambda: c.stamp()),
    Fact("convolution", "With (k − 1)/2 of them on each side (k is the odd side of the stamp), a stride of 1",
         "Her yanda (k − 1)/2 sıfırla (k, damganın tek sayı olan kenarıdır), 1’lik adımla", holds=c.keeps_size),
    Fact("convolution", "A stride of 2", "2’lik adım", holds=c.keeps_size),
    Fact("convolution", "colour pictures of 48×48 pixels", "48×48 piksellik renkli resimler",
         lambda: c.my_net()["conv1"][0][1:]),
    Fact("convolution", "(3·3·3 + 1)·32 = 896", "(3·3·3 + 1)·32 = 896", lambda: c.conv_formula("conv1", 3)),
    Fact("convolution", "(3·3·32 + 1)·64 = 18,496", "(3·3·32 + 1)·64 = 18.496", lambda: c.conv_formula("conv2", 32)),
    Fact("convolution", "there are 64 maps of 24×24 numbers", "24×24 sayılık 64 harita",
         lambda: c.my_net()["pool1"][0]),
    Fact("convolution", "from these 36,864 numbers to 512 units", "Bu 36.864 sayıdan 512 birime",
         lambda: (np.prod(c.my_net()["pool1"][0]), *c.my_net()["fc1"][0])),
    Fact("convolution", "(64·24·24 + 1)·512 = 18,874,880", "(64·24·24 + 1)·512 = 18.874.880",
         lambda: c.linear_formula(64, 24)),
    Fact("convolution", "some texts say 3,221,504, which is a mistake", "bazı metinlerde 3.221.504 yazar; bu yanlıştır",
         holds=lambda: 3_221_504 not in (c.linear_formula(64, 24)[-1], c.my_net()["fc1"][1])),
    Fact("convolution", "(128·12·12 + 1)·512 = 9,437,696", "(128·12·12 + 1)·512 = 9.437.696",
         lambda: (*c.my_net()["pool2"][0], 1, *c.my_net()["fc1"][0], c.my_net()["fc1"][1])),
    # diffusion
    Fact("diffusion", "falls from 1 to nearly 0", "1'den neredeyse 0'a iner", c.signal_ends),
    Fact("diffusion", "The squares of the two factors add up to 1", "İki çarpanın kareleri toplamı 1'dir",
         holds=c.squares_add_up),
    Fact("diffusion", "there the two factors themselves add up to 1", "orada çarpanların kendileri toplamı 1'dir",
         holds=c.squares_add_up),
    Fact("diffusion", "noise of mean 0 and deviation 1", "ortalaması 0 ve sapması 1 olan gürültü",
         holds=c.ends_in_noise),
    Fact("diffusion", "a **Markov chain** of 1,000 steps", "1.000 adımlık bir **Markov zinciri**", lambda: [T]),
    Fact("diffusion", "noised 1,000 times each way", "her iki yolla 1.000 kez gürültülenmiş",
         holds=lambda: forward.PIXELS == 1000),
    Fact("diffusion", "from 0.0001 to 0.02", "0,0001'den 0,02'ye", c.linear_betas),
    Fact("diffusion", "For half of the time less than a tenth of the picture's variance is left",
         "Zamanın yarısında resmin varyansının onda birinden azı kalmıştır", holds=c.half_the_time),
    Fact("diffusion", "with s = t/1000", "s = t/1000 ile", lambda: [T]),
    Fact("diffusion", "at 0 on the logarithmic scale, as much as is noise", "logaritmik ölçekte 0, gürültü kadar resim",
         holds=lambda: np.log10(1.0) == 0),
    Fact("diffusion", "In a tenth of the training cases", "Eğitimin onda birinde", lambda: [DiffusionTraining().drop]),
    Fact("diffusion", "g = 1 is the prompt alone", "g = 1 yalnızca istemdir", holds=lambda: guide(0.3, 0.7, 1) == 0.3),
    Fact("diffusion", "with 2 Euler steps under **How**, then with 50", "2 Euler adımıyla, sonra 50 adımla",
         holds=lambda: c.allows(Sampling, "steps", 2, 50)),
    Fact("diffusion", "Go back to step 3 and branch off with another digit; then at step 15",
         "3. adıma dönüp başka bir rakamla dallanın; sonra 15. adımda", holds=lambda: Sampling().steps > 15),
    Fact("diffusion", "have a hundred pictures **measured**", "yüz resmi **ölçtürün**", lambda: [measuring.COUNT]),
    Fact("diffusion", "from −1 (black) to 1 (white)", "−1 (siyah) ile 1 (beyaz)", c.pixel_range),
    Fact("diffusion", "at every tenth of its 1,000 steps", "1.000 adımının her onuncusunda",
         holds=lambda: (forward.EVERY, T) == (10, 1000)),
    Fact("diffusion", "Full colour stands for ±3", "tam renk ±3'tür", lambda: [stepping.REACH]),
    Fact("diffusion", "longer than 200 steps", "200 adımdan uzun", lambda: [film.MOST - 1]),
    # transformer
    Fact("transformer", "three others are made", "üç vektör yapılır", c.made_of_a_token),
    Fact("transformer", "weights that add up to 1", "toplamı 1 olan ağırlıklara", holds=c.attention_numbers),
    Fact("transformer", "so that its weight is 0", "ağırlıkları 0 olur", holds=c.attention_numbers),
    Fact("transformer", "to mean 0 and deviation 1", "ortalama 0 ve sapma 1'e", holds=c.attention_numbers),
    Fact("transformer", "the first GPT (2018) had 117 million", "ilk GPT'nin (2018) 117 milyon", c.first_gpt),
    Fact("transformer", "Rewind to step 0", "0. adıma geri alın", lambda: [0]),
    Fact("transformer", "compare temperatures of 0.3 and 1.5", "0,3 ve 1,5 sıcaklıklarını",
         holds=lambda: RANGES["temperature"][0] <= 0.3 < 1.5 <= RANGES["temperature"][1]),
    Fact("transformer", "one byte a weight (256 levels)", "ağırlık başına bir bayt gösterir (256 düzey)",
         lambda: [2**8]),
    Fact("transformer", "for weights of 4 % and more", "%4 ve üzeri ağırlıklar", c.arc_threshold),
    Fact("transformer", "a few dozen to a few hundred tokens", "birkaç düzineden birkaç yüz belirtece",
         holds=c.vocabularies),
    # recurrent
    Fact("recurrent", "one state and two gates", "bir durum ve iki kapı", lambda: [len(GATES["gru"]) - 1]),
    Fact("recurrent", "a number between 0 (shut) and 1 (open)", "0 (kapalı) ile 1 (açık) arasında bir sayı",
         lambda: c.bounds("sigmoid")),
    Fact("recurrent", "keep that factor near 1", "bu çarpanı 1'e yakın tutmak", holds=c.open_gate_keeps),
    Fact("recurrent", "one of the three memory tasks", "Üç bellek görevinden birini", lambda: [len(MEMORIES)]),
    Fact("recurrent", "At a delay of 20", "20 adımlık gecikmede", lambda: [SequenceData(task="recall").delay]),
    Fact("recurrent", "for about 64 steps", "yaklaşık 64 adım", lambda: [LONG]),
    Fact("recurrent", "set that to 1", "bu sayıyı 1 yapıp", holds=lambda: c.allows(RecurrentNetwork, "memory", 1)),
    Fact("recurrent", "a learning rate of 0.03", "0,03 öğrenme oranını",
         holds=lambda: c.allows(RecurrentTraining, "learning_rate", 0.03)),
    Fact("recurrent", "Then clip at 1", "Sonra 1'de kırpın", lambda: [RecurrentTraining().clip]),
    Fact("recurrent", "compare temperatures of 0.3 and 1.5", "0,3 ile 1,5 sıcaklıklarını",
         holds=c.recurrent_temperatures),
    Fact("recurrent", "one byte a value (256 levels)", "her değeri bir baytla gösterir (256 düzey)", lambda: [2**8]),
    Fact("recurrent", "the LSTM has four times, and the GRU three times, as many recurrent weights",
         "LSTM'in tekrarlayan ağırlıkları RNN'inkinin dört, GRU'nunki üç katıdır", c.recurrent_weights),
    # playground
    Fact("playground", "the two coordinates of a point", "bir noktanın iki koordinatını", c.coordinates),
    Fact("playground", "A removed one gives 0", "Çıkarılan nöron 0 verir", c.removed_neuron),
    Fact("playground", "**Five seeds.** The same settings, five times", "**Beş tohum.** Aynı ayarlar, beş kez",
         lambda: [SEEDS] * 2),
    Fact("playground", "Raise the learning rate tenfold", "öğrenme oranını onar kat artırın",
         holds=lambda: c.allows(PlaneTraining, "learning_rate", 10 * PlaneTraining().learning_rate)),
    # neuron
    Fact("neuron", "whose slope is exactly 0 there", "orada eğimi tam 0 olan ReLU", lambda: [c.curve("relu")[2].min()]),
    Fact("neuron", "The sigmoid gives numbers from 0 to 1, tanh from −1 to 1",
         "Sigmoid 0 ile 1, tanh −1 ile 1 arasında",
         lambda: (*c.bounds("sigmoid"), *c.bounds("tanh"))),
    Fact("neuron", "makes the rest 0", "kalanını 0 yapar", lambda: [c.curve("relu")[1][0]]),
    Fact("neuron", "each column adds up to zero", "her sütunun toplamı sıfırdır", holds=c.jacobian_adds_up_to_nothing),
    Fact("neuron", "Train every width from 1 to 16", "1'den 16'ya kadar her genişliği",
         lambda: (fitting.WIDTHS[0], fitting.WIDTHS[-1])),
    # saliency
    Fact("saliency", "Fourteen methods", "On dört yöntem", lambda: [len(METHODS)]),
    Fact("saliency", "Twelve of the maps are Captum's", "Haritaların on ikisi Captum'undur",
         lambda: [len([method for method in METHODS if not TEXTS[method].uses])]),
    Fact("saliency", "MNIST's black is −0.42", "MNIST'in siyahı −0,42'dir", c.black),
    Fact("saliency", "with 50 the sum is off by about 1 % for most test digits, and for one in twenty by more than 5 %",
         "50 adımda toplam çoğu test rakamında yaklaşık %1, her yirmi rakamdan birinde ise %5'ten fazla sapar",
         holds=c.integrated_gradients_are_off_by_about_a_percent),
    Fact("saliency", "in twenty (PGD)", "yirmi adımda (PGD)", lambda: [adversarial.STEPS]),
    Fact("saliency", "a few hundred samples say nothing about 784 pixels",
         "birkaç yüz örnek 784 piksel hakkında bir şey söylemez",
         holds=lambda: describe("mnist").side ** 2 == 784 and 100 <= Saliency().draws < 784),
    Fact("saliency", "at no more than six snapshots", "en çok altı anlık görüntüde",
         lambda: [influence.MOST_SNAPSHOTS]),
    # backprop
    Fact("backprop", "The slope of a sigmoid is at most 0.25", "Sigmoidin eğimi en çok 0,25'tir",
         lambda: [c.curve("sigmoid")[2].max()]),
    Fact("backprop", "Ten of them in a row leave almost nothing", "Arka arkaya on tanesi ondan neredeyse hiçbir şey",
         holds=lambda: gradient_health.LAYERS == 10 and 0.25**10 < 1e-5),
    Fact("backprop", "a bias of −5 for one hidden neuron. Its sum is negative, its slope 0",
         "yanlılığını −5 yapın. Toplamı eksi, eğimi 0 olur", holds=c.dies),
    Fact("backprop", "make ten updates", "on güncelleme yapın", holds=c.overshoots),
    Fact("backprop", "The weights start with two decimals", "Ağırlıklar bunu yapabilesiniz diye iki basamakla başlar",
         holds=c.two_decimals),
)

# numbers that name something: data sets, networks, years, letters of formulas
NAMES = (
    r"CIFAR-10", r"LeNet-5", r"\*\*F1\*\*", r"\bL[12]\b", r"N\(0, 1\)", r"\b20[012]\d\b",
    r"\(1 − (?:ᾱ_t|β_[t12]|s|z)\)", r"_\{t−1\}", r"β_[12]",
)

# pieces that count what they themselves say, or mean digits as drawings
OWN_COUNTS = {
    "backprop": {"tr": ("ağırlığı iki yönde",)},
    "convolution": {},
    "diffusion": {
        "en": ("**Two dimensions:**", "it knows two answers", "In two dimensions, learn", "half-made digits"),
        "tr": ("**İki boyut:**", "iki yanıtı bilir", "İki boyutta girdabı", "ikisinin karışımı", "iki uçta yavaş",
               '"ince bir üç", sonra "kalın bir üç"')},
    "digits": {
        "en": ("read as a 7, the share that are one; of all true 7s", "A few dozen pictures", "the two maps show",
               "compare the two"),
        "tr": ("7 diye okunan resimlerin gerçekten 7 olanlarının payı; bütün 7'lerin", "Birkaç düzine resim",
               "iki harita", "ikisini karşılaştırın", "hiçbir zaman iki bölümde birden", "**F1** ikisinin",
               "ikisi de aşırı öğrenmeye", "`train()` ikisini de")},
    "home": {
        "en": ("Draw a 1, then turn it into a 7", "Two things are good to know"),
        "tr": ("Bir 1 çizin, sonra tek bir çizgiyle onu 7'ye", "İki şeyi bilmekte yarar var")},
    "neuron": {"tr": ("Nokta iki eğride de",)},
    "playground": {},
    "recurrent": {"tr": ("LSTM ve GRU öğrenir. Bu ikisi",)},
    "saliency": {"en": ("What of a 7 speaks against a 9",), "tr": ("Bir 7'nin nesi 9'un aleyhine",)},
    "transformer": {},
}
